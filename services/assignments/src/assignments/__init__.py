"""The opdrachten: draft, open, closed."""

SERVICE = "assignments"
