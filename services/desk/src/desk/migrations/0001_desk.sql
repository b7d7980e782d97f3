-- What the desk knows from the topics, each at its latest. Nothing here is the only copy, save the last part.

-- Each word of a name or of an address before its @, and each with one letter left out: two words of which one
-- letter differs, is missing or has changed places with its neighbour have one in common. Short words are like
-- too many.
CREATE FUNCTION spellings(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT overlay(word PLACING '' FROM place FOR 1)), '{}')
    FROM regexp_split_to_table(regexp_replace(words, '@\S*', '', 'g'), '[\s-]+') AS word,
        generate_series(1, length(word) + 1) AS place
    WHERE length(word) BETWEEN 4 AND 40
$$;

-- A professional: two halves that come on two topics, either first.
CREATE TABLE people (
    profile_id uuid PRIMARY KEY,
    contact_version bigint, -- null until the half is known
    name text,
    email text,
    phone text,
    preferences jsonb,
    facts_version bigint,
    facts jsonb, -- ProfileFacts
    facts_at timestamptz, -- when they last changed
    erased boolean NOT NULL DEFAULT false,
    -- What people are looked up by: their name without accents and in lower case, no longer than an index takes;
    -- days are ISO texts, which compare as days do.
    search text GENERATED ALWAYS AS (left(
        regexp_replace(normalize(lower(coalesce(name, '') || ' ' || coalesce(email, '')), NFD), '[\u0300-\u036f]', '', 'g'),
        400
    )) STORED,
    level text GENERATED ALWAYS AS (facts->>'level') STORED,
    specialisms jsonb GENERATED ALWAYS AS (facts->'specialisms') STORED,
    available_from text GENERATED ALWAYS AS (
        CASE WHEN facts->>'status' = 'active' THEN facts->>'available_from' END -- null: not free at all now
    ) STORED,
    available_until text GENERATED ALWAYS AS (facts->>'available_until') STORED,
    latitude double precision GENERATED ALWAYS AS ((facts->'place'->'latitude')::double precision) STORED,
    longitude double precision GENERATED ALWAYS AS ((facts->'place'->'longitude')::double precision) STORED
);

CREATE TABLE assignments (
    assignment_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    open boolean NOT NULL,
    closed_reason text,
    facts jsonb NOT NULL, -- AssignmentFacts
    opened_at timestamptz,
    closed_at timestamptz,
    title text NOT NULL GENERATED ALWAYS AS (facts->>'title') STORED,
    organisation text NOT NULL GENERATED ALWAYS AS (facts->'organisation'->>'name') STORED,
    recruiter text NOT NULL GENERATED ALWAYS AS (lower(facts->'recruiter'->>'email')) STORED,
    respond_by timestamptz NOT NULL,
    told_selecting timestamptz -- the `respond_by` of which the stream told that nobody can react any more
);

-- Each version of an opdracht: what changed, for its course and for the record of its selection.
CREATE TABLE assignment_versions (
    assignment_id uuid,
    version bigint,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (assignment_id, version)
);

-- What came of a match before its proposal waits here for it: revision 0 says so, and no page shows such a row.
CREATE TABLE matches (
    match_id uuid PRIMARY KEY,
    assignment_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    score double precision NOT NULL DEFAULT 0,
    growth boolean NOT NULL DEFAULT false,
    explanation jsonb NOT NULL DEFAULT '[]', -- list of CriterionExplained
    policy text NOT NULL DEFAULT '',
    proposed_at timestamptz,
    first_proposed_at timestamptz,
    withdrawn jsonb, -- MatchWithdrawn, where it stopped to be a candidate
    withdrawn_at timestamptz,
    answer text,
    answer_reason text,
    answered_at timestamptz,
    decision text, -- the latest that stands
    decided_at timestamptz,
    decisions jsonb NOT NULL DEFAULT '[]', -- every MatchDecided, the oldest first
    ended_at timestamptz, -- the last no, of the professional or of the recruiter, taken back or not
    -- Whoever comes back after a no is proposed anew.
    live boolean NOT NULL GENERATED ALWAYS AS (
        revision > 0 AND withdrawn_at IS NULL AND (ended_at > proposed_at) IS NOT TRUE
        AND answer IS DISTINCT FROM 'declined' AND decision IS DISTINCT FROM 'rejected'
    ) STORED,
    CHECK (revision = 0 OR (proposed_at IS NOT NULL AND first_proposed_at IS NOT NULL)),
    CHECK ((withdrawn IS NULL) = (withdrawn_at IS NULL))
);

-- How a mail ended, as notifications tells.
CREATE TABLE notices (
    notice_id uuid PRIMARY KEY,
    kind text NOT NULL,
    match_id uuid,
    assignment_id uuid,
    profile_id uuid,
    outcome text NOT NULL,
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL
);

-- That nobody shows interest and `respond_by` is near: InterestLacking.
CREATE TABLE advice (
    assignment_id uuid PRIMARY KEY,
    data jsonb NOT NULL,
    noticed_at timestamptz NOT NULL
);

-- The live stream. Ids are handed out under one lock until commit, so they are read in order.
CREATE TABLE alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    data jsonb NOT NULL,
    assignment_id uuid,
    profile_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX people_by_spelling ON people USING gin (spellings(search)) WHERE NOT erased;
-- All that a list filters by, in the order in which it is shown: its rows are counted without their facts.
CREATE INDEX people_listed ON people (search, profile_id)
    INCLUDE (level, specialisms, available_from, available_until, latitude, longitude, facts_at)
    WHERE NOT erased;
CREATE INDEX matches_lately ON matches (proposed_at, profile_id) WHERE revision > 0;

CREATE INDEX people_by_email ON people (lower(email)) WHERE NOT erased;
CREATE INDEX assignments_open ON assignments (respond_by) WHERE open;
CREATE INDEX assignments_to_tell ON assignments (respond_by)
    WHERE open AND told_selecting IS DISTINCT FROM respond_by;
CREATE INDEX assignments_closed ON assignments (closed_at) WHERE NOT open;
CREATE INDEX assignment_versions_by_time ON assignment_versions (at);
CREATE INDEX matches_by_assignment ON matches (assignment_id, score DESC);
CREATE INDEX matches_by_profile ON matches (profile_id);
CREATE INDEX matches_to_decide ON matches (assignment_id) WHERE live AND answer = 'interested' AND decision IS NULL;
CREATE INDEX matches_chosen ON matches (assignment_id) WHERE live AND decision IN ('invited', 'nominated');
CREATE INDEX notices_by_match ON notices (match_id) WHERE match_id IS NOT NULL;
CREATE INDEX notices_by_assignment ON notices (assignment_id);
CREATE INDEX notices_untold ON notices (assignment_id)
    WHERE kind IN ('match', 'later') AND outcome IN ('unwanted', 'suppressed', 'missed');
CREATE INDEX notices_returned ON notices (match_id) WHERE outcome IN ('bounced', 'refused', 'complained');
CREATE INDEX notices_by_profile ON notices (profile_id);
CREATE INDEX alerts_by_assignment ON alerts (assignment_id, id);
CREATE INDEX alerts_by_profile ON alerts (profile_id);

-- What only the desk has.
CREATE TABLE notes (
    note_id uuid PRIMARY KEY,
    profile_id uuid NOT NULL,
    assignment_id uuid, -- null: on the person alone
    text text NOT NULL,
    written_by text NOT NULL, -- the recruiter's name
    writer text NOT NULL, -- their subject: names are not theirs alone
    written_at timestamptz NOT NULL
);
CREATE INDEX notes_by_profile ON notes (profile_id, assignment_id);

-- A line of today's list that a recruiter has put off.
CREATE TABLE put_off (
    recruiter text, -- their subject
    line text, -- what it is about: kind and id
    until date NOT NULL,
    PRIMARY KEY (recruiter, line)
);

-- What a recruiter's decision says by default to the professional, where it is not the text of the desk.
CREATE TABLE message_templates (
    code text PRIMARY KEY, -- a Decision or a ReasonCode
    text text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
