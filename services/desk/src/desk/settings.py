"""Settings of the desk."""

from chassis.settings import HttpUrl, Settings


class DeskSettings(Settings):
    """Where the desk is reached, and where it reaches the other services."""

    desk_url: HttpUrl
    """Where people reach the desk."""
    profiles_url: HttpUrl
    """Where the desk reaches the profiles service."""
    assignments_url: HttpUrl
    """Where it reaches the assignments service."""
    matching_url: HttpUrl
    """Where it reaches the matching service."""
    notifications_url: HttpUrl
    """Where it reaches the notifications service."""
