-- Which generation of links to a professional holds: see ContactUpdated.links_from. 1: all that were ever written.
ALTER TABLE contacts ADD COLUMN links_from bigint NOT NULL DEFAULT 1;
-- Who chose so last: an erasure finds an address that they had before by it, too.
ALTER TABLE mailboxes ADD COLUMN chosen_by uuid;
UPDATE mailboxes SET chosen_by = c.profile_id FROM contacts c WHERE lower(c.email) = mailboxes.mailbox;

-- Whether its mail's id is signed; mails of the version before this one are known by their ids alone.
ALTER TABLE notices ADD COLUMN sealed_id boolean NOT NULL DEFAULT false;
-- When the reader of such a mail said that the change was not theirs.
ALTER TABLE notices ADD COLUMN denied_at timestamptz;
-- That an address changed is told at the new one (moved), and at the former one (left), which its row holds.
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'moved', 'left', 'stay',
    'summary', 'interest', 'warning', 'retreat', 'expiring')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (taken_back OR CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind IN ('digest', 'moved', 'left', 'stay') THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;
