-- One living profile an address: `mailbox` is what all forms of an address share (contracts.values.mailbox_key).
-- It is made in Python, so profiles of before this column get theirs when the service starts (backfilling.py).
-- Of several profiles with one address the oldest gets it; the others, and what the version that still runs
-- writes, have none.
ALTER TABLE profiles ADD COLUMN mailbox text;
-- The index is empty, so that it is made in the time of one look at the table.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX profiles_by_mailbox ON profiles (mailbox) WHERE mailbox IS NOT NULL;
