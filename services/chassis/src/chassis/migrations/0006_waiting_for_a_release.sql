-- What only a newer release can read is parked too, for days: `parked_at` says how long it has waited. The version that
-- still runs leaves it to the default.
ALTER TABLE parked ADD COLUMN parked_at timestamptz NOT NULL DEFAULT now();
-- What is parked is little: that writing waits for this is not noticed.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX parked_by_time ON parked (due_at);
