-- What this service knows of others, each at its latest version. What lacks its other half waits here.
CREATE TABLE contacts (
    profile_id uuid PRIMARY KEY,
    version integer NOT NULL,
    erased boolean NOT NULL,
    name text,
    email text,
    preferences jsonb,
    CHECK (erased = (email IS NULL))
);

CREATE TABLE assignments (
    assignment_id uuid PRIMARY KEY,
    version integer NOT NULL,
    open boolean NOT NULL,
    closed_reason text,
    facts jsonb NOT NULL
);

CREATE TABLE matches (
    match_id uuid PRIMARY KEY,
    assignment_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    revision integer NOT NULL,
    live boolean NOT NULL,
    score double precision NOT NULL,
    growth boolean NOT NULL,
    explanation jsonb NOT NULL,
    proposed_at timestamptz NOT NULL,
    answer text CHECK (answer IN ('interested', 'declined')),
    answer_reason text,
    answered_at timestamptz,
    decision text CHECK (decision IN ('nominated', 'rejected')),
    decision_reason text
);
CREATE INDEX matches_by_assignment ON matches (assignment_id) WHERE live;
CREATE INDEX matches_by_profile ON matches (profile_id);

-- The recruiter's live stream. Ids are handed out under one lock until commit, so they are read in order.
CREATE TABLE alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per mail, written before it is sent.
CREATE TABLE notices (
    notice_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('match', 'summary')),
    assignment_id uuid NOT NULL,
    match_id uuid,
    profile_id uuid,
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'accepted', 'refused', 'cancelled', 'unwanted', 'expired')),
    detail text,
    address text,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    caused_at timestamptz NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    CHECK ((kind = 'match') = (match_id IS NOT NULL))
);
CREATE UNIQUE INDEX notices_once_per_match ON notices (match_id, kind) WHERE match_id IS NOT NULL;
CREATE UNIQUE INDEX notices_one_summary_open ON notices (assignment_id)
    WHERE kind = 'summary' AND state = 'pending';
CREATE INDEX notices_due ON notices (due_at) WHERE state IN ('pending', 'sending');

-- The new matches that a summary to the recruiter tells of.
CREATE TABLE summary_matches (
    notice_id uuid NOT NULL REFERENCES notices,
    match_id uuid NOT NULL,
    PRIMARY KEY (notice_id, match_id)
);
