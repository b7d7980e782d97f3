-- What a body with an Idempotency-Key says, whatever its spaces and order. `fingerprint` stays that of its bytes: the
-- version that still runs during the roll-out writes and compares nothing else, so that a retry finds its answer from
-- either version.
ALTER TABLE idempotency ADD COLUMN meaning bytea;
