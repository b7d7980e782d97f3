-- Links to sign in with that were asked for, also for addresses that nobody has. The link itself is signed and
-- lies nowhere. Rows go soon after the link has ended.
CREATE TABLE sign_in_links (
    link_id uuid PRIMARY KEY,
    address text NOT NULL, -- as it is mailed
    mailbox text NOT NULL, -- as limits go by it
    asked_at timestamptz NOT NULL,
    due_at timestamptz, -- when its mail is to be tried; null: it has gone, or was refused
    redeemed_at timestamptz
);
CREATE INDEX sign_in_links_by_mailbox ON sign_in_links (mailbox, asked_at);
CREATE INDEX sign_in_links_due ON sign_in_links (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sign_in_links_by_age ON sign_in_links (asked_at);
