-- What the rooms look people up by. Names are compared without accents and in lower case; days are ISO texts,
-- which compare as days do. No desk runs yet: its tables are empty, and nothing waits for these locks.
-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation

-- Each word of a name or of an address before its @, and each with one letter left out: two words of which one
-- letter differs, is missing or has changed places with its neighbour have one in common. Short words are like
-- too many.
CREATE FUNCTION spellings(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT overlay(word PLACING '' FROM place FOR 1)), '{}')
    FROM regexp_split_to_table(regexp_replace(words, '@\S*', '', 'g'), '[\s-]+') AS word,
        generate_series(1, length(word) + 1) AS place
    WHERE length(word) BETWEEN 4 AND 40
$$;

ALTER TABLE people
    ADD COLUMN search text GENERATED ALWAYS AS (
        regexp_replace(normalize(lower(coalesce(name, '') || ' ' || coalesce(email, '')), NFD), '[\u0300-\u036f]', '', 'g')
    ) STORED,
    ADD COLUMN level text GENERATED ALWAYS AS (facts->>'level') STORED,
    ADD COLUMN specialisms jsonb GENERATED ALWAYS AS (facts->'specialisms') STORED,
    ADD COLUMN available_from text GENERATED ALWAYS AS (
        CASE WHEN facts->>'status' = 'active' THEN facts->>'available_from' END -- null: not free at all now
    ) STORED,
    ADD COLUMN available_until text GENERATED ALWAYS AS (facts->>'available_until') STORED,
    ADD COLUMN latitude double precision GENERATED ALWAYS AS (
        (facts->'place'->'latitude')::double precision
    ) STORED,
    ADD COLUMN longitude double precision GENERATED ALWAYS AS (
        (facts->'place'->'longitude')::double precision
    ) STORED;

CREATE INDEX people_by_spelling ON people USING gin (spellings(search)) WHERE NOT erased;
-- All that a list filters by, in the order in which it is shown: its rows are counted without their facts.
CREATE INDEX people_listed ON people (search, profile_id)
    INCLUDE (level, specialisms, available_from, available_until, latitude, longitude, facts_at)
    WHERE NOT erased;
CREATE INDEX matches_lately ON matches (proposed_at, profile_id) WHERE revision > 0;

-- What a recruiter's decision says by default to the professional, where it is not the text of the desk.
CREATE TABLE message_templates (
    code text PRIMARY KEY, -- a Decision or a ReasonCode
    text text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
