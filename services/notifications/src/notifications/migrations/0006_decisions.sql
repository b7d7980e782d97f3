-- Recruiters may also invite. What is here already obeyed the narrower check.
ALTER TABLE matches DROP CONSTRAINT matches_decision_check;
ALTER TABLE matches ADD CONSTRAINT matches_decision_check
    CHECK (decision IN ('invited', 'nominated', 'rejected')) NOT VALID;
