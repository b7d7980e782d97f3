-- no transaction
-- Who is asked is looked for each night.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_to_erase ON contacts (erased_on, profile_id)
    WHERE erased_on IS NOT NULL;
