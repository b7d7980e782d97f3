"""What a replica of each service takes of its database beside its pool."""

# The relay; in matching one to catch up, in the desk one that listens to alerts.
OWN_CONNECTIONS = {"assignments": 1, "desk": 2, "matching": 2, "notifications": 1, "profiles": 1}
