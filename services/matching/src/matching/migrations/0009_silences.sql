-- When it is looked at again whether a professional is without any match; nobody earlier than 30 days after this service
-- first looked for them.
CREATE TABLE silences (
    profile_id uuid PRIMARY KEY,
    look_at timestamptz NOT NULL
);
CREATE INDEX silences_by_day ON silences (look_at);
