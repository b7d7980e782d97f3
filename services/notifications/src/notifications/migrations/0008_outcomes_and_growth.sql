-- Mails keep their Message-ID, claims go by the database's clock, and opdrachten are listed by an index. The version
-- that still runs goes on: it claims and ends without these columns, and reads `due_at`.
ALTER TABLE notices ADD COLUMN message_id uuid; -- of its last mail; null before, and where that was its own id
ALTER TABLE notices ADD COLUMN claimed_until timestamptz; -- while one replica has it, by the database's clock
ALTER TABLE contacts ADD COLUMN chosen_at timestamptz; -- a choice of which the profiles service has not told yet

-- Opdrachten are few, and theirs is written by both versions alike.
ALTER TABLE assignments ADD COLUMN urgent boolean NOT NULL
    -- squawk-ignore adding-field-with-default
    GENERATED ALWAYS AS ((facts->>'urgency' = 'spoed') IS TRUE) STORED;

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_urgent ON assignments (assignment_id) WHERE urgent AND open;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_listed ON assignments (open DESC, urgent DESC, assignment_id DESC);
