-- How far each partition is taken in: all before `next` is stored, and all before `followed_up` is done with.
CREATE TABLE consumed (
    topic text NOT NULL,
    -- Kafka numbers partitions with 32 bits.
    -- squawk-ignore prefer-bigint-over-int
    partition integer NOT NULL,
    next bigint NOT NULL,
    followed_up bigint NOT NULL,
    PRIMARY KEY (topic, partition),
    CHECK (0 <= followed_up AND followed_up <= next)
);

-- A row here: the service has worked with this database before its offsets were kept in it, so a partition without a
-- row goes on from Kafka's offset. Without one, such a partition is read from its beginning. A service's own migrations
-- come after the chassis's; so they are there already in a database that was in use, and are not in a new one.
CREATE TABLE offsets_before (
    kept_in text PRIMARY KEY CHECK (kept_in = 'kafka')
);
INSERT INTO offsets_before (kept_in)
SELECT 'kafka'
WHERE EXISTS (SELECT FROM migrations WHERE name NOT LIKE 'chassis/%');
