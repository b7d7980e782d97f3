-- Whether a profile is the probe's: it is kept apart from everybody else.
ALTER TABLE profiles ADD COLUMN probe boolean NOT NULL DEFAULT false;
