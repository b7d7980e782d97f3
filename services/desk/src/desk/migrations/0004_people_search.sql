-- What people are searched by, in small rows that lie close together: a name that many have is in a page or two
-- here, and in a page a person among all their facts. The database keeps it, so that whoever writes people
-- writes it too.
CREATE TABLE people_search (
    profile_id uuid PRIMARY KEY, -- nobody who is erased
    search text NOT NULL -- as in people
);
CREATE FUNCTION keep_people_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erased THEN
        DELETE FROM people_search WHERE profile_id = NEW.profile_id;
    ELSE
        INSERT INTO people_search AS stored (profile_id, search) VALUES (NEW.profile_id, NEW.search)
        ON CONFLICT (profile_id) DO UPDATE SET search = excluded.search WHERE stored.search <> excluded.search;
    END IF;
    RETURN NULL;
END
$$;
-- Nobody writes people from here until this is committed, so nobody is missed.
CREATE TRIGGER keep_people_search AFTER INSERT OR UPDATE OF name, email, erased ON people
    FOR EACH ROW EXECUTE FUNCTION keep_people_search();
INSERT INTO people_search (profile_id, search) SELECT profile_id, search FROM people WHERE NOT erased;

-- Every search goes through what is not in the index's own order yet: so that is kept short (kB).
CREATE INDEX people_search_by_spelling ON people_search USING gin (spellings(search))
    WITH (gin_pending_list_limit = 256);
-- No release that is out reads it.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX people_by_spelling;
