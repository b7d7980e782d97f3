"""Settings of the assignments service."""

from typing import Annotated

from chassis.settings import Settings
from contracts.retention import DRAFT, PROBE
from pydantic import Field


class AssignmentsSettings(Settings):
    """How long an opdracht stays in selection, and a draft that nobody touches at all."""

    selection_days: Annotated[float, Field(ge=0, le=3650)] = 30
    """How many days after `respond_by` an open opdracht closes by itself; fractions are allowed."""
    retention_draft_days: Annotated[int, Field(ge=1, le=3650)] = DRAFT.days
    """How long a draft is kept after its last change, in days."""
    retention_probe_days: Annotated[int, Field(ge=1, le=90)] = PROBE.days
    """How many days what the probe leaves is kept: its opdracht of each minute."""
