"""Before an opdracht is published: who would be mailed now, who later, and who not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.vocabulary import Urgency
from notifications.domain.forecast import Forecast, Prospect, forecast
from support.notifying import a_recipient

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
NIGHT = datetime(2026, 12, 1, 22, tzinfo=UTC)
MORNING = datetime(2026, 12, 2, 6, tzinfo=UTC)  # 07:00, when the quiet hours end
DIGEST = datetime(2026, 12, 2, 6, 30, tzinfo=UTC)  # 07:30


def told(
    wishes: dict[str, Any], *, now: datetime = NOON, sent_today: int = 0, open_hours: int = 100
) -> Forecast:
    until = NOON + timedelta(hours=open_hours)
    return forecast(a_recipient(**wishes), 70, Urgency.NORMAAL, until, sent_today, now)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, Forecast(Prospect.NOW)),
        ({"frequency": "daily"}, Forecast(Prospect.LATER, DIGEST)),
        ({"frequency": "none"}, Forecast(Prospect.UNWANTED)),
        ({"min_score": 80}, Forecast(Prospect.UNWANTED)),
    ],
)
def test_a_mail_goes_as_its_reader_wishes(wishes: dict[str, Any], expected: Forecast) -> None:
    assert told(wishes) == expected


def test_quiet_hours_and_a_full_day_put_a_mail_off() -> None:
    assert told({"quiet_hours": True}, now=NIGHT) == Forecast(Prospect.LATER, MORNING)
    assert told({}, sent_today=3) == Forecast(Prospect.LATER, DIGEST)


def test_what_closes_before_a_mail_may_go_is_missed_and_whose_address_is_not_known_is_told() -> None:
    assert told({"quiet_hours": True}, now=NIGHT, open_hours=12) == Forecast(Prospect.MISSED)
    assert forecast(None, 70, Urgency.SPOED, NIGHT, 0, NOON) == Forecast(Prospect.UNKNOWN)
