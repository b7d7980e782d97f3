"""Settings of the profiles service."""

from typing import Annotated

from chassis.settings import Settings
from contracts.retention import PROFILE
from pydantic import Field


class ProfilesSettings(Settings):
    """How long somebody stays who confirms nothing."""

    retention_profile_days: Annotated[int, Field(ge=60, le=3650)] = PROFILE.days
    """How long a professional stays who confirms nothing, in days: they are asked 30 days before, and then
    erased."""
