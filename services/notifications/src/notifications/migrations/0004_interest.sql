-- What a recruiter is told of one match: that its professional is interested.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN
    ('match', 'summary', 'interest', 'digest', 'answered', 'nominated', 'rejected', 'closed'));
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (CASE kind
    WHEN 'summary' THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN 'interest' THEN match_id IS NOT NULL AND assignment_id IS NOT NULL AND profile_id IS NULL
    WHEN 'digest' THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE match_id IS NOT NULL AND profile_id IS NOT NULL AND assignment_id IS NOT NULL END);
