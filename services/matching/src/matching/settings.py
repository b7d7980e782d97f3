"""Settings of the matching service."""

from chassis.settings import Settings


class MatchingSettings(Settings):
    """Nothing beside what every service needs."""
