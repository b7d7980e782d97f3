-- Whether it is the probe's, which no list shows: it closes when its `respond_by` has passed, and is deleted
-- once it has been closed for a while.
ALTER TABLE assignments ADD COLUMN probe boolean NOT NULL DEFAULT false;
-- No row is in this index yet: it is made in an instant.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_of_the_probe ON assignments (respond_by) WHERE probe;
