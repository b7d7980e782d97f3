-- Quiet hours, a limit a day and digests; and what is told after an answer. `way` is direct or digest;
-- `sent_at` counts towards the limit of its day. The matches that a digest tells of stand in
-- summary_matches, as those of a summary do.
ALTER TABLE notices ADD COLUMN way text NOT NULL DEFAULT 'direct' CHECK (way IN ('direct', 'digest'));
ALTER TABLE notices ADD COLUMN sent_at timestamptz;
ALTER TABLE notices ALTER COLUMN assignment_id DROP NOT NULL;
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check
    CHECK (kind IN ('match', 'summary', 'digest', 'answered', 'nominated', 'rejected', 'closed'));
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check CHECK (state IN
    ('pending', 'sending', 'digested', 'accepted', 'refused', 'cancelled', 'unwanted', 'expired'));
ALTER TABLE notices DROP CONSTRAINT notices_check;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (CASE kind
    WHEN 'summary' THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN 'digest' THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE match_id IS NOT NULL AND profile_id IS NOT NULL AND assignment_id IS NOT NULL END);
CREATE INDEX notices_sent_to ON notices (profile_id, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX notices_for_a_digest ON notices (profile_id, due_at) WHERE way = 'digest' AND state = 'pending';
