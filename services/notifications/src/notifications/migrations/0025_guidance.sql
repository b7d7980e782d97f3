-- Who does which opdracht, from topic `placements`; `agreed_at`: when this service heard of it first, by the event's clock.
CREATE TABLE placements (
    placement_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    assignment_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    facts jsonb NOT NULL,
    agreed_at timestamptz NOT NULL
);
CREATE INDEX placements_of_a_profile ON placements (profile_id);
CREATE INDEX placements_of_an_assignment ON placements (assignment_id);
-- The latest answer to each mail that asked how work goes. `answers`: how many came. `talk_id`: the notice that tells somebody of it.
CREATE TABLE check_ins (
    notice_id uuid PRIMARY KEY,
    placement_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    answer text NOT NULL CHECK (answer IN ('goed', 'gaat-wel', 'wil-praten')),
    sentence text,
    answered_at timestamptz NOT NULL,
    talk_id uuid,
    answers bigint NOT NULL DEFAULT 1
);
CREATE INDEX check_ins_of_a_profile ON check_ins (profile_id);
CREATE INDEX check_ins_of_a_placement ON check_ins (placement_id);
CREATE INDEX check_ins_by_talk ON check_ins (talk_id) WHERE talk_id IS NOT NULL;
ALTER TABLE contacts ADD COLUMN called text;
ALTER TABLE contacts ADD COLUMN coach jsonb;
ALTER TABLE notices ADD COLUMN placement_id uuid;
ALTER TABLE notices ADD COLUMN levers jsonb;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'moved', 'left', 'stay',
    'agreed', 'started', 'halfway', 'ending', 'ended', 'silence',
    'summary', 'interest', 'warning', 'retreat', 'expiring', 'placed', 'talk')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind IN ('digest', 'moved', 'left', 'stay') THEN match_id IS NULL AND profile_id IS NOT NULL
    WHEN kind = 'silence' THEN match_id IS NULL AND profile_id IS NOT NULL
    WHEN kind IN ('agreed', 'started', 'halfway', 'ending', 'ended', 'placed', 'talk') THEN
        match_id IS NULL AND placement_id IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('placed', 'talk'))
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
