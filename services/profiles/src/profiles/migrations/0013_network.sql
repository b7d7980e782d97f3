-- Whether colleagues may find somebody, and what they offer these, apart from the facts, as `commitments` are: on no
-- topic. Null of who never said.
ALTER TABLE profiles ADD COLUMN network jsonb;

-- Who asked whom a question, and when; the question itself is kept nowhere here.
CREATE TABLE questions (
    question_id uuid PRIMARY KEY,
    asker_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX questions_by_asker ON questions (asker_id, asked_at);
CREATE INDEX questions_by_profile ON questions (profile_id);
CREATE INDEX questions_by_moment ON questions (asked_at);
