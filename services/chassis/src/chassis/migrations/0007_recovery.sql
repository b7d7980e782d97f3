-- Up to where this database knows what is on the service's own topics: everything before `next`. A database that was
-- restored has the offset of its copy, a new one none.
CREATE TABLE own_topics (
    topic text NOT NULL,
    partition bigint NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Up to where a database that was restored, or is new, is to take in what others said before the service acts on it.
CREATE TABLE catching_up (
    topic text NOT NULL,
    partition bigint NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- How far a service has come in publishing what it holds once more, step by step, and which version of a key its
-- topics hold, for the time that this takes.
CREATE TABLE republishing (
    step text PRIMARY KEY,
    after uuid
);
CREATE TABLE topic_versions (
    key uuid PRIMARY KEY,
    version bigint NOT NULL
);
