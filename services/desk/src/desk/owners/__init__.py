"""The services that own what the desk shows, as a client: their public APIs, with the caller's own token."""
