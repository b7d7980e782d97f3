"""Settings of the profiles service."""

from chassis.settings import Settings


class ProfilesSettings(Settings):
    """Nothing beside what every service needs."""
