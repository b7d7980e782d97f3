-- `policy` is the policy that a pair was last judged by. The one that its revision and explanation were made by
-- may be older: null stands for the same one, in rows of before this migration.
ALTER TABLE matches ADD COLUMN revision_policy text;
-- Null in rows of before: then `proposed_at` is the earliest moment that is known.
ALTER TABLE matches ADD COLUMN first_proposed_at timestamptz;
-- The pair was live when it was declined or rejected, and was neither proposed nor withdrawn since.
ALTER TABLE matches ADD COLUMN ended_while_live boolean NOT NULL DEFAULT false;

-- The decisions that stand, the latest last; `decision` is the last of them. Null in rows of before: that one alone.
ALTER TABLE matches ADD COLUMN decisions text[];
ALTER TABLE matches ADD COLUMN decision_message text;
ALTER TABLE matches ADD COLUMN decision_tell boolean;
ALTER TABLE matches ADD COLUMN decision_reason_code text;
ALTER TABLE matches ADD COLUMN decision_appointment jsonb;
-- A wider one takes its place at once; not validated, for the rows that are there passed the stricter one.
-- squawk-ignore ban-drop-constraint
ALTER TABLE matches DROP CONSTRAINT matches_decision_check;
ALTER TABLE matches ADD CONSTRAINT matches_decision_check
    CHECK (decision IN ('invited', 'nominated', 'rejected')) NOT VALID;

-- The policies by which every open assignment was judged once, whole.
CREATE TABLE settled_policies (
    version text PRIMARY KEY,
    settled_at timestamptz NOT NULL DEFAULT now()
);
