-- One half of a profile that is taken back from the topics and is not known here, until the other half comes.
CREATE TABLE halves (
    profile_id uuid NOT NULL,
    half text NOT NULL CHECK (half IN ('contact', 'facts')),
    version integer NOT NULL,
    content jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (profile_id, half)
);
