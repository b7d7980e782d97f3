-- What people are told is true, in time, and to the right person. The version that still runs goes on: what it
-- infers from (the index on match_id and kind, `suppressions`) stays until a later release. A constraint is dropped
-- where one that allows more takes its place at once.
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('match', 'later', 'digest', 'answered',
    'changed', 'dropped', 'invited', 'nominated', 'rejected', 'reopened', 'closed', 'summary', 'interest',
    'warning', 'retreat', 'expiring')) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check CHECK (state IN ('pending', 'sending', 'digested',
    'accepted', 'refused', 'bounced', 'complained', 'suppressed', 'cancelled', 'unwanted', 'expired',
    'missed')) NOT VALID;

-- A second notice of a kind on a match (changed again, yes again) takes the first one's place in the index:
-- the first keeps its match as `past_match_id`.
ALTER TABLE notices ADD COLUMN past_match_id uuid;
-- A summary is one recruiter's, over all opdrachten: known by their normalised address.
ALTER TABLE notices ADD COLUMN recruiter text;
-- squawk-ignore ban-drop-constraint
ALTER TABLE notices DROP CONSTRAINT notices_tell_of_something;
ALTER TABLE notices ADD CONSTRAINT notices_tell_of_something CHECK (CASE
    WHEN kind = 'summary' THEN match_id IS NULL AND (assignment_id IS NOT NULL OR recruiter IS NOT NULL)
    WHEN kind IN ('warning', 'expiring') THEN match_id IS NULL AND assignment_id IS NOT NULL
    WHEN kind = 'digest' THEN match_id IS NULL AND profile_id IS NOT NULL
    ELSE coalesce(match_id, past_match_id) IS NOT NULL AND assignment_id IS NOT NULL
        AND (profile_id IS NULL) = (kind IN ('interest', 'retreat')) END) NOT VALID;

ALTER TABLE notices ADD COLUMN mailbox text; -- the address, normalised: the limit of a day is a mailbox's
ALTER TABLE notices ADD COLUMN version bigint; -- of the opdracht, as its mail tells it
ALTER TABLE notices ADD COLUMN digest_id uuid; -- in which it is gathered
ALTER TABLE notices ADD COLUMN corrects text; -- the kind of notice that it takes back
ALTER TABLE notices ADD COLUMN planned_at timestamptz; -- when it was due, before it was claimed
ALTER TABLE notices ADD COLUMN tried_at timestamptz; -- the first of its attempts
ALTER TABLE notices ADD COLUMN retry_at timestamptz; -- refused for a fault of ours, it is tried again then
ALTER TABLE summary_matches ADD COLUMN version bigint; -- of the opdracht, as a digest tells it

-- Notices are written every few minutes and read by their ids: that writing waits for these is not noticed.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX notices_one_summary_a_recruiter ON notices (recruiter)
    WHERE kind = 'summary' AND state = 'pending' AND recruiter IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX notices_one_expiring ON notices (assignment_id)
    WHERE kind = 'expiring' AND state = 'pending';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_sent_to_mailbox ON notices (mailbox, sent_at)
    WHERE mailbox IS NOT NULL AND kind IN ('match', 'later');
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_of_a_digest ON notices (digest_id) WHERE digest_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_to_retry ON notices (retry_at) WHERE retry_at IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_past ON notices (past_match_id) WHERE past_match_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_of_an_assignment ON notices (assignment_id);

-- One mailbox, whoever of several profiles it belongs to. `lower(email)` is an address, normalised.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX contacts_by_mailbox ON contacts (lower(email));
CREATE TABLE mailboxes (
    mailbox text PRIMARY KEY,
    unsubscribed boolean NOT NULL,
    no_news boolean NOT NULL
);
CREATE TABLE suppressed_mailboxes (
    suppression_id uuid PRIMARY KEY,
    mailbox text NOT NULL UNIQUE,
    profile_id uuid,
    cause text NOT NULL CHECK (cause IN ('refused', 'bounced', 'complained')),
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO suppressed_mailboxes (suppression_id, mailbox, profile_id, cause, reason, at)
SELECT DISTINCT ON (lower(email)) gen_random_uuid(), lower(email), profile_id, cause, reason, at
FROM suppressions JOIN contacts USING (profile_id, email)
ORDER BY lower(email), at;
CREATE TABLE recruiter_preferences (
    recruiter text PRIMARY KEY,
    summary text NOT NULL CHECK (summary IN ('direct', 'hourly', 'daily', 'none')),
    interest text NOT NULL CHECK (interest IN ('direct', 'daily')),
    quiet_hours boolean NOT NULL
);

-- The versions of an opdracht that somebody was told, while it is open.
CREATE TABLE assignment_versions (
    assignment_id uuid,
    version bigint,
    facts jsonb NOT NULL,
    PRIMARY KEY (assignment_id, version)
);
INSERT INTO assignment_versions (assignment_id, version, facts)
SELECT assignment_id, version, facts FROM assignments WHERE open;
ALTER TABLE assignments ADD COLUMN closed_at timestamptz;
ALTER TABLE assignments ADD COLUMN respond_by timestamptz; -- as in the facts; null in rows of before
ALTER TABLE assignments ADD COLUMN changes_due_at timestamptz; -- when changes of what mails told are told
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assignments_with_changes ON assignments (changes_due_at) WHERE changes_due_at IS NOT NULL;

ALTER TABLE matches ADD COLUMN answers bigint NOT NULL DEFAULT 0;
ALTER TABLE matches ADD COLUMN comes_back boolean NOT NULL DEFAULT false; -- said yes after a no; to be proposed
ALTER TABLE matches ADD COLUMN first_proposed_at timestamptz;
-- The decisions that stand, the latest last: `reopened` takes that one back.
ALTER TABLE matches ADD COLUMN decisions jsonb NOT NULL DEFAULT '[]';
UPDATE matches SET decisions = jsonb_build_array(jsonb_build_object('decision', decision, 'reason', decision_reason,
    'at', decided_at, 'told', true)) WHERE decision IS NOT NULL;
ALTER TABLE matches ADD COLUMN withdrawn jsonb; -- how it stopped to be a candidate

-- The mails of today count towards the limit of the day.
UPDATE notices SET mailbox = lower(address) WHERE sent_at > now() - interval '1 day' AND address IS NOT NULL;
