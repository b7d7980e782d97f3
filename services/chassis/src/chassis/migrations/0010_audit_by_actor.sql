-- no transaction
-- What somebody did lately: pages that keep themselves up to date ask for it, and whoever looks somebody up.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_acts_by_actor ON audit_acts (subject, at);
