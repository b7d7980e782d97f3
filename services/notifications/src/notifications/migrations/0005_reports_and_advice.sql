-- "Ask me later", the warning that nobody is interested, and what came back after a mail was accepted.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'nominated', 'rejected', 'closed', 'summary', 'interest', 'warning'));
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (CASE
    WHEN kind IN ('summary', 'warning') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind = 'interest' THEN match_id IS NOT NULL AND assignment_id IS NOT NULL AND profile_id IS NULL
    WHEN kind = 'digest' THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE match_id IS NOT NULL AND profile_id IS NOT NULL AND assignment_id IS NOT NULL END);
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check CHECK (state IN ('pending', 'sending', 'digested',
    'accepted', 'refused', 'bounced', 'complained', 'suppressed', 'cancelled', 'unwanted', 'expired'));
ALTER TABLE suppressions ADD COLUMN cause text NOT NULL DEFAULT 'refused'
    CHECK (cause IN ('refused', 'bounced', 'complained'));

-- What matching advised last on an assignment in which nobody is interested.
CREATE TABLE advice (
    assignment_id uuid PRIMARY KEY,
    respond_by timestamptz NOT NULL,
    live integer NOT NULL,
    relaxation jsonb
);

-- An erasure removes a person from the recruiter's stream as well.
CREATE INDEX alerts_by_profile ON alerts ((data->>'profile_id'));

CREATE INDEX summary_matches_by_match ON summary_matches (match_id);

-- When the event that brought an assignment first happened.
ALTER TABLE assignments ADD COLUMN opened_at timestamptz;
