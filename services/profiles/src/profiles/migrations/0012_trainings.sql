-- What one can learn, and which specialisms and certificates that gives: no person is in it.
CREATE TABLE trainings (
    training_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    title text NOT NULL,
    provider text NOT NULL,
    url text NOT NULL,
    days bigint NOT NULL CHECK (days > 0),
    price_cents bigint CHECK (price_cents >= 0),
    specialisms text[] NOT NULL,
    certificates text[] NOT NULL
);
