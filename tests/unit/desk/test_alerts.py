"""Where a reader of alerts goes on from."""

import pytest
from desk.live.alerts import alert_id


def test_the_largest_id_of_the_table_is_one() -> None:
    assert alert_id(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("text", ["", "-1", "1.5", "nul", str(2**63), "9" * 5000])
def test_what_no_alert_can_have_is_refused_before_the_database_sees_it(text: str) -> None:
    with pytest.raises(ValueError, match="must be the `id` of an alert"):
        alert_id(text)
