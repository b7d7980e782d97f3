"""Nothing is lost: the outbox, the intake of events, parking, dead letters. PostgreSQL alone."""
