-- What a colleague asks a professional: the notice that tells it has the question's id. The version that still runs
-- leaves notices of a kind that it does not know to this one.
CREATE TABLE questions (
    question_id uuid PRIMARY KEY,
    profile_id uuid NOT NULL,
    asker_id uuid NOT NULL,
    question text NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX questions_by_profile ON questions (profile_id);
CREATE INDEX questions_by_asker ON questions (asker_id);
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'moved', 'left', 'stay',
    'agreed', 'started', 'halfway', 'ending', 'ended', 'silence', 'question',
    'summary', 'interest', 'warning', 'retreat', 'expiring', 'placed', 'talk')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind IN ('digest', 'moved', 'left', 'stay') THEN match_id IS NULL AND profile_id IS NOT NULL
    WHEN kind IN ('silence', 'question') THEN match_id IS NULL AND profile_id IS NOT NULL
    WHEN kind IN ('agreed', 'started', 'halfway', 'ending', 'ended', 'placed', 'talk') THEN
        match_id IS NULL AND placement_id IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('placed', 'talk'))
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
