"""The opdrachten: draft, open, closed."""
