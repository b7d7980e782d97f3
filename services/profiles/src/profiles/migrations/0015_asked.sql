-- From when on somebody is asked whether mails may come to their address, who has not said so: what they said of it before
-- confirms nothing. The version that still runs neither reads nor writes it; NULL: whatever they said counts.
ALTER TABLE profiles ADD COLUMN asked_since timestamptz;
