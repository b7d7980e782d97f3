"""Settings of the matching service."""

from typing import Annotated

from chassis.settings import Settings
from contracts.retention import CLOSED, PROBE
from pydantic import Field


class MatchingSettings(Settings):
    """How long things are kept, and how fast the standing check goes."""

    retention_closed_days: Annotated[int, Field(ge=365, le=3650)] = CLOSED.days
    """How long an assignment is kept after it closed, with its matches, in days."""
    standing_check_seconds: Annotated[float, Field(ge=0)] = 1.0
    """How long the standing check rests after each opdracht that it has looked at; 0: there is no check."""
    retention_probe_days: Annotated[int, Field(ge=1, le=90)] = PROBE.days
    """How many days what the probe leaves is kept: its opdracht of each minute."""
