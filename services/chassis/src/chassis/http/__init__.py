"""The HTTP side of every service: callers, bodies, problems, idempotency, health."""
