-- What somebody sent after their session had ended, until they are signed in again: for a quarter of an hour.
CREATE TABLE kept_forms (
    key bytea PRIMARY KEY, -- SHA-256 of the browser's cookie
    subject text NOT NULL, -- to whom alone it is shown
    form bytea NOT NULL, -- encrypted
    kept_at timestamptz NOT NULL
);
CREATE INDEX kept_forms_by_subject ON kept_forms (subject, kept_at);
