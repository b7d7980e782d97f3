-- When the terms of work last changed that its professional had been told of. The version that still runs writes and reads
-- it not: what changed meanwhile is not told.
ALTER TABLE placements ADD COLUMN changed_at timestamptz;
