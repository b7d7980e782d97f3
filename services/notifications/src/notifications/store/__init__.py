"""SQL: what is known of others, the alerts, and the notices."""
