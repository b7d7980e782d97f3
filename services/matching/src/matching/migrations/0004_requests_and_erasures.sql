-- The transaction that asked for an assignment to be reconciled; null where none waits. A rejection frees a
-- seat and asks for it in its own transaction, so a process that dies after the commit loses nothing.
ALTER TABLE assignments ADD COLUMN reconciliation_requested xid8;
-- No row is in this index yet: it is made in an instant.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_to_reconcile ON assignments (reconciliation_requested)
    WHERE reconciliation_requested IS NOT NULL;

-- An erasure empties what is held of every pair of a profile, live or not. The index is made in the migration's
-- transaction: a second for a million pairs.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX matches_by_profile ON matches (profile_id);
