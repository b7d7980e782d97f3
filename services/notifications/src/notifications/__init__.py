"""Mail to professionals and recruiters; live alerts."""

SERVICE = "notifications"
