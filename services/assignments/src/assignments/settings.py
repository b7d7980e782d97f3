"""Settings of the assignments service."""

from typing import Annotated

from chassis.settings import Settings
from pydantic import Field


class AssignmentsSettings(Settings):
    """How long an opdracht stays in selection."""

    selection_days: Annotated[float, Field(ge=0, le=3650)] = 30
    """How many days after `respond_by` an open opdracht closes by itself; fractions are allowed."""
