-- no transaction
-- One mail asks somebody of one day.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS notices_one_stay ON notices (profile_id, erased_on)
    WHERE erased_on IS NOT NULL;
