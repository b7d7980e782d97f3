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
CREATE TRIGGER keep_people_search AFTER INSERT OR UPDATE OF name, email, erased ON people
    FOR EACH ROW EXECUTE FUNCTION keep_people_search();
