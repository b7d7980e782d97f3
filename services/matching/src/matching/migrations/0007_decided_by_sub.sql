-- Whose name `decided_by` shows, as their token's `sub`; null in decisions of before this column.
ALTER TABLE matches ADD COLUMN decided_by_sub text;
