-- When the person last confirmed that they stay, null where nobody knows of it: it counts from `updated_at` then, as of
-- what the version that still runs writes. And the day on which they are erased, once they are asked.
ALTER TABLE profiles ADD COLUMN confirmed_at timestamptz;
ALTER TABLE profiles ADD COLUMN erased_on date;
