-- When an assignment opened, for its events. Rows of before this column have none, and the version that still
-- runs during the roll-out writes none: whoever reads an opened one without it takes `created_at`, the earliest
-- that it can have been.
ALTER TABLE assignments ADD COLUMN opened_at timestamptz;
