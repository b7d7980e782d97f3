-- no transaction
-- Who has no key yet is looked for every few seconds.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_without_key ON profiles (profile_id) WHERE NOT has_key;
