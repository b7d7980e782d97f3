-- What the topic `audit` tells, of all services: for whoever asks who saw or changed what of a person. A link is known
-- by its hash; a service whose database went back has another one under the same number.
CREATE TABLE audit_trail (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    service text NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    role text,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    fields text[] NOT NULL,
    trace_id text
);
CREATE INDEX audit_trail_by_number ON audit_trail (service, number);
CREATE INDEX audit_trail_by_moment ON audit_trail (at);

CREATE TABLE audit_trail_people (
    profile_id uuid NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL REFERENCES audit_trail ON DELETE CASCADE,
    PRIMARY KEY (profile_id, at, hash)
);
CREATE INDEX audit_trail_people_by_hash ON audit_trail_people (hash);
