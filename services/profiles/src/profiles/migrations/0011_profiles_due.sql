-- no transaction
-- Whose work changes something is looked for every minute.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_due ON profiles (due_on) WHERE due_on IS NOT NULL;
