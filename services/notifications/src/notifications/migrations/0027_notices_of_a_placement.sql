-- no transaction
-- What is told of a placement moves with it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_of_a_placement ON notices (placement_id)
    WHERE placement_id IS NOT NULL;
