-- How a notice ended was read from the service's own topic: this database was restored to before it ended, or is new.
-- Of a summary the topic does not say whose it was.
ALTER TABLE notices ADD COLUMN taken_back boolean NOT NULL DEFAULT false;
-- A wider one takes its place at once.
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind = 'digest' THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
-- Few rows are in these: they are made in one look at the table.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_taken_back ON notices (match_id, kind) WHERE taken_back AND match_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_taken_back_and_past ON notices (past_match_id, kind)
    WHERE taken_back AND past_match_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_to_recruiters_taken_back ON notices (kind, assignment_id)
    WHERE taken_back AND match_id IS NULL;
