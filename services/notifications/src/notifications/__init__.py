"""Mail to professionals and recruiters."""

SERVICE = "notifications"
