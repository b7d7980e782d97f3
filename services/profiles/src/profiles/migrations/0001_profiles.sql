CREATE TABLE profiles (
    profile_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    contact jsonb NOT NULL,
    facts jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Only that it happened: an erased id is never used again.
CREATE TABLE erasures (
    profile_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
