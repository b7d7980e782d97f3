-- no transaction
-- Names are looked for in people_search; no release that is out reads this one.
DROP INDEX CONCURRENTLY IF EXISTS people_by_spelling;
