-- Who has confirmed nothing for long is asked whether they stay: the day on which they are erased otherwise and when they
-- confirmed last, as profiles tells it, and of which day a notice tells. The version that still runs writes and reads neither, and leaves notices of
-- a kind that it does not know to this one.
ALTER TABLE contacts ADD COLUMN erased_on date;
ALTER TABLE contacts ADD COLUMN silent_since timestamptz;
ALTER TABLE notices ADD COLUMN erased_on date;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'stay', 'summary', 'interest',
    'warning', 'retreat', 'expiring')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind IN ('digest', 'stay') THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
