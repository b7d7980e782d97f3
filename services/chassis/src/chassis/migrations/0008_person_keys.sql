-- The keys that seal what is written about a person: made by profiles, elsewhere copies from the topic `keys`.
-- Null once the person is erased.
CREATE TABLE person_keys (
    profile_id uuid PRIMARY KEY,
    key bytea CHECK (octet_length(key) = 32)
);
