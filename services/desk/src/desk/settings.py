"""Settings of the desk."""

from typing import Annotated

from chassis.settings import HttpUrl, Settings
from pydantic import Field


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
    alert_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long alerts can be read, in days."""
    closed_days: Annotated[int, Field(ge=91, le=3650)] = 365
    """How long an opdracht is kept after it closed, with all that was said of it, in days: longer than dead
    letters are."""
