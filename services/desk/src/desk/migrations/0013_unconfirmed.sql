-- Whether somebody is still to say that mails may come. The version that still runs leaves it as it is; who was asked before
-- this version ran is known with the next version of their contact.
ALTER TABLE people ADD COLUMN unconfirmed boolean NOT NULL DEFAULT false;
