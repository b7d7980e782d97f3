-- Whose address it is to become, of a link that shows that an address is theirs. The version that still runs asks for links
-- to sign in with alone; such a link of ours is none of these.
ALTER TABLE sign_in_links ADD COLUMN profile_id uuid;
