-- Who is signed in by the browser. Only the desk has them; who loses one signs in anew.
CREATE TABLE sessions (
    key bytea PRIMARY KEY, -- SHA-256 of the cookie's value
    subject text NOT NULL, -- of the token
    tokens bytea NOT NULL, -- the provider's, encrypted
    refresh_at timestamptz NOT NULL, -- when the access token is to be replaced
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL -- to the minute
);
CREATE INDEX sessions_by_subject ON sessions (subject);
