-- From which version on links in mails hold: at which the address changed last, or somebody said that a change was not
-- theirs. What the version that still runs writes leaves it as it is.
ALTER TABLE profiles ADD COLUMN links_from bigint NOT NULL DEFAULT 1;
ALTER TABLE halves ADD COLUMN links_from bigint; -- of a contact
