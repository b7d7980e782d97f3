-- Mails keep their Message-ID, claims go by the database's clock, and what grows is read by indexes. The version that
-- still runs goes on: it claims and ends without these columns, and reads `due_at`.
ALTER TABLE notices ADD COLUMN message_id uuid; -- of its last mail; null before, and where that was its own id
ALTER TABLE notices ADD COLUMN claimed_until timestamptz; -- while one replica has it, by the database's clock
ALTER TABLE contacts ADD COLUMN chosen_at timestamptz; -- a choice of which the profiles service has not told yet

-- Opdrachten are few, and theirs is written by both versions alike.
-- squawk-ignore adding-required-field, constraint-missing-not-valid
ALTER TABLE assignments ADD COLUMN urgent boolean NOT NULL
    GENERATED ALWAYS AS ((facts->>'urgency' = 'spoed') IS TRUE) STORED;

-- Notices are written every few minutes and read by their ids: that writing waits for these is not noticed.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_by_message_id ON notices (message_id) WHERE message_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_of_a_profile ON notices (profile_id) WHERE profile_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_due_to_professionals ON notices (due_at, notice_id)
    WHERE state IN ('pending', 'sending') AND profile_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_due_of_an_assignment ON notices (assignment_id, due_at)
    WHERE state IN ('pending', 'sending') AND profile_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_due_to_recruiters ON notices ((kind = 'summary'), due_at, notice_id)
    WHERE state IN ('pending', 'sending') AND profile_id IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX matches_of_an_assignment ON matches (assignment_id) INCLUDE (live, answer);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_urgent ON assignments (assignment_id) WHERE urgent AND open;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_listed ON assignments (open DESC, urgent DESC, assignment_id DESC);
