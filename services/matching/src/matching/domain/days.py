"""Days as explanations write them."""

from datetime import date


def day(ordinal: int) -> str:
    """Write a proleptic ordinal as an ISO date."""
    return date.fromordinal(ordinal).isoformat()
