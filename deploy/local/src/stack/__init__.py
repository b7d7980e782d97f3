"""The whole platform on one machine: real Kafka, PostgreSQL and mail, from Python packages alone."""
