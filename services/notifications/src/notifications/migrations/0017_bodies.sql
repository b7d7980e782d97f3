-- A mail as it was sent, without the tokens of its links: compressed already (store/bodies.py).
ALTER TABLE notices ADD COLUMN body bytea;
ALTER TABLE notices ALTER COLUMN body SET STORAGE EXTERNAL;
