-- When a pair was withdrawn last, and how (the event's reason, rules and score); null once it is proposed again. With
-- `proposed_at` and `decided_at` it tells when the last event on the pair was, which the next one comes after.
ALTER TABLE matches ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE matches ADD COLUMN withdrawal jsonb;
