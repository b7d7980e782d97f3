"""Settings of the matching service."""

from typing import Annotated

from chassis.settings import Settings
from pydantic import Field


class MatchingSettings(Settings):
    """How long things are kept."""

    closed_days: Annotated[int, Field(ge=365, le=3650)] = 365
    """How long an assignment is kept after it closed, with its matches, in days."""
