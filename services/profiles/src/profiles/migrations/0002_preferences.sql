-- The moment of the latest choice on the preferences page, and the day on which a pause ends.
ALTER TABLE profiles ADD COLUMN preferences_chosen_at timestamptz;
ALTER TABLE profiles ADD COLUMN resume_on date;
CREATE INDEX profiles_to_resume ON profiles (resume_on) WHERE resume_on IS NOT NULL;
