-- no transaction
-- Every search goes through what is not in the index's own order yet: so that is kept short (kB).
CREATE INDEX CONCURRENTLY IF NOT EXISTS people_search_by_spelling ON people_search USING gin (spellings(search))
    WITH (gin_pending_list_limit = 256);
