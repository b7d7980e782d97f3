-- Until when a professional asked to be left alone, as chosen on the preferences page.
ALTER TABLE contacts ADD COLUMN paused_until date;

-- Addresses that a mail server refused for good: nothing is sent there until a recruiter releases them, or
-- the professional has another address.
CREATE TABLE suppressions (
    profile_id uuid PRIMARY KEY,
    email text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check CHECK (state IN ('pending', 'sending', 'digested',
    'accepted', 'refused', 'suppressed', 'cancelled', 'unwanted', 'expired'));

ALTER TABLE matches ADD COLUMN decided_at timestamptz;
