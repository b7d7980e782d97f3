"""Settings of the assignments service."""

from chassis.settings import Settings


class AssignmentsSettings(Settings):
    """Nothing beside what every service needs."""
