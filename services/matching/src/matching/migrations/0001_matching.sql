-- The two halves of every pair, each at its latest version. `changed` is the transaction that wrote the
-- row: replicas read what is new since the oldest transaction that was running when they last looked.
CREATE TABLE profiles (
    profile_id uuid PRIMARY KEY,
    version integer NOT NULL,
    facts jsonb,
    erased boolean NOT NULL,
    event_at timestamptz NOT NULL,
    changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CHECK (erased = (facts IS NULL))
);
CREATE INDEX profiles_by_change ON profiles (changed);

CREATE TABLE assignments (
    assignment_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    facts jsonb NOT NULL,
    open boolean NOT NULL,
    event_at timestamptz NOT NULL,
    changed xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX assignments_by_change ON assignments (changed);

-- A pair that was proposed, answered or decided at least once. Changed only under its assignment's lock.
-- An answer that came before its proposal waits here, at revision 0.
CREATE TABLE matches (
    match_id uuid PRIMARY KEY,
    assignment_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    live boolean NOT NULL DEFAULT false,
    assignment_version integer,
    profile_version integer,
    score double precision,
    growth boolean,
    explanation jsonb,
    points double precision[],  -- the explanation's points, then its maxima: what a revision is judged by
    policy text,
    proposed_at timestamptz,
    answer text CHECK (answer IN ('interested', 'declined')),
    answered_at timestamptz,
    decision text CHECK (decision IN ('nominated', 'rejected')),
    decision_reason text,
    decided_by text,
    decided_at timestamptz,
    UNIQUE (assignment_id, profile_id),
    CHECK (revision > 0 OR NOT live),
    CHECK ((revision > 0) = (proposed_at IS NOT NULL)),
    CHECK (NOT (live AND (answer IS NOT DISTINCT FROM 'declined' OR decision IS NOT DISTINCT FROM 'rejected')))
);
CREATE INDEX matches_live_by_profile ON matches (profile_id) WHERE live;
CREATE INDEX matches_live_in_rank ON matches (assignment_id, score DESC, profile_id) WHERE live;
