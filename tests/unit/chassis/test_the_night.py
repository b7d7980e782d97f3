"""When the nightly turn is, and which settings it goes by."""

from datetime import UTC, datetime, timedelta

import pytest
from assignments.settings import AssignmentsSettings
from chassis.retention import until_night
from chassis.settings import Settings
from contracts.retention import KINDS
from desk.settings import DeskSettings
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from profiles.settings import ProfilesSettings

SETTINGS: dict[str, type[Settings]] = {
    "profiles": ProfilesSettings,
    "assignments": AssignmentsSettings,
    "matching": MatchingSettings,
    "notifications": NotificationsSettings,
    "desk": DeskSettings,
}


@pytest.mark.parametrize(("hour", "hours"), [(0, 2), (1, 1), (2, 24), (3, 23), (23, 3)])
def test_the_turn_is_at_two_in_the_night(hour: int, hours: int) -> None:
    assert until_night(datetime(2026, 12, 31, hour, tzinfo=UTC)) == timedelta(hours=hours)


def test_each_service_has_the_settings_of_the_kinds_that_it_takes_and_no_others() -> None:
    for service, model in SETTINGS.items():
        found = {
            name: one.default for name, one in model.model_fields.items() if name.startswith("retention_")
        }
        assert found == {kind.setting.lower(): kind.days for kind in KINDS if service in kind.services}
