-- One half of a profile that is taken back from the topics, until the other half comes: of a profile that is not known
-- here with its content, of one that is known to say which half the other one goes with.
CREATE TABLE halves (
    profile_id uuid NOT NULL,
    half text NOT NULL CHECK (half IN ('contact', 'facts')),
    version bigint NOT NULL,
    content jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (profile_id, half)
);
