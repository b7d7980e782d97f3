"""Who fits which opdracht, and why."""

SERVICE = "matching"
