-- no transaction
-- Colleagues are looked for among those who want to be found.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_visible ON profiles (profile_id) WHERE network->'visible' = 'true';
