-- A match is ordered by the moments of its events: of the last proposal or withdrawal that was taken, and of the last
-- decision. Null in rows of before this column, which say it by their other moments (store/matches.py).
ALTER TABLE matches ADD COLUMN as_of timestamptz;
ALTER TABLE matches ADD COLUMN decided_as_of timestamptz;
