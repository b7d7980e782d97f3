-- What a recruiter is still writing and does not make a whole yet. Once it does, it is an assignment in the
-- state `draft`, and no longer here.
CREATE TABLE drafts (
    draft_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    fields jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
