"""Where recruiters work: pages on a read model of its own, which command the other services by their APIs."""

SERVICE = "desk"
