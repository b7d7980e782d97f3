-- Since when an assignment is known, and for which `respond_by` its recruiter was warned that nobody is
-- interested: one that is moved is warned of anew.
ALTER TABLE assignments ADD COLUMN known_since timestamptz NOT NULL DEFAULT now();
ALTER TABLE assignments ADD COLUMN warned_for timestamptz;
