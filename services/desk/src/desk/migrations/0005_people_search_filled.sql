-- no transaction
-- Who was there before. Each is held until it is written, so that nobody who is erased meanwhile comes back.
DO $$
DECLARE
    done uuid := '00000000-0000-0000-0000-000000000000';
    upto uuid;
BEGIN
    LOOP
        SELECT profile_id INTO upto
        FROM (SELECT profile_id FROM people WHERE profile_id > done ORDER BY profile_id LIMIT 1000) AS piece
        ORDER BY profile_id DESC
        LIMIT 1;
        EXIT WHEN upto IS NULL;
        INSERT INTO people_search (profile_id, search)
        SELECT profile_id, search
        FROM (
            SELECT profile_id, search FROM people
            WHERE profile_id > done AND profile_id <= upto AND NOT erased
            FOR SHARE
        ) AS held
        ON CONFLICT (profile_id) DO NOTHING;
        COMMIT;
        done := upto;
    END LOOP;
END $$;
