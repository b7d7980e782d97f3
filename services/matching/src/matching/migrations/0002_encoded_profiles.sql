-- A profile's facts as the replicas hold them in memory, so that a million are read in seconds. `encoding`
-- names the way of encoding, `encoded_version` the version that was encoded: where either is another, the
-- facts are encoded anew by whoever reads them.
ALTER TABLE profiles ADD COLUMN encoded bytea;
ALTER TABLE profiles ADD COLUMN encoding integer;
ALTER TABLE profiles ADD COLUMN encoded_version integer;
