"""`opdracht migrate` says what to run instead where it cannot work."""

import pytest
from opdrachtctl import databases
from opdrachtctl.__main__ import app
from typer.testing import CliRunner


def migrate(service: str) -> tuple[int, str]:
    """Run the command; return its exit status, and what it says without the frame around it."""
    result = CliRunner().invoke(app, ["migrate", service])
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


def test_where_the_service_is_not_installed_its_image_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "find_spec", lambda _name: None)  # as in the operator's own image
    status, said = migrate("profiles")
    assert status == 2
    assert "Run its image with the argument `migrate`" in said
    assert "`python -m profiles migrate` where it is installed" in said


@pytest.mark.parametrize("name", ["professionals", "chassis", "json", ""])
def test_a_service_that_there_is_not_is_refused(name: str) -> None:
    status, said = migrate(name)
    assert status == 2
    assert "there are assignments, desk, matching, notifications, profiles" in said
