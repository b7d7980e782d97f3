-- Whether somebody is asked whether mails may come, and has not said so (`unconfirmed`); and when they said it here, until
-- profiles tells of it. The version that still runs writes and reads neither, and leaves notices of a kind, or a way,
-- that it does not know to this one.
ALTER TABLE contacts ADD COLUMN unconfirmed boolean NOT NULL DEFAULT false;
ALTER TABLE contacts ADD COLUMN confirmed_at timestamptz;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_way_check;
ALTER TABLE notices ADD CONSTRAINT notices_way_check CHECK (way IN ('direct', 'digest', 'asked')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'moved', 'left', 'consent', 'stay',
    'agreed', 'started', 'halfway', 'ending', 'ended', 'silence', 'question',
    'summary', 'interest', 'warning', 'retreat', 'expiring', 'placed', 'talk')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind IN ('digest', 'moved', 'left', 'consent', 'stay', 'silence', 'question') THEN
        match_id IS NULL AND profile_id IS NOT NULL
    WHEN kind IN ('agreed', 'started', 'halfway', 'ending', 'ended', 'placed', 'talk') THEN
        match_id IS NULL AND placement_id IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('placed', 'talk'))
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
