-- Whether a profile's key is made (keys.py): not yet of those of before this column, of what the version that still
-- runs writes, and of what is taken back from the topics.
ALTER TABLE profiles ADD COLUMN has_key boolean NOT NULL DEFAULT false;
