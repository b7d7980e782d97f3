-- Records that the broker refuses for a reason of their own. What follows of their key waits behind them.
ALTER TABLE outbox
    ADD COLUMN refused_at timestamptz, -- by the latest attempt
    ADD COLUMN refused_because text;

-- The outbox is empty but for what waits: the index is made in a moment, and nothing is in it yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_refused ON outbox (shard) WHERE refused_at IS NOT NULL;
