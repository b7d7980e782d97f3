"""Where a command breaks down, its operator reads where, and nothing of whom it was about."""

import pytest
from opdrachtctl import __main__ as command


def test_an_error_is_told_by_its_type_and_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down() -> None:
        raise ValueError("wilhelmina@proefkonijn.example")

    monkeypatch.setattr(command, "app", break_down)
    with pytest.raises(SystemExit) as end:
        command.main()
    assert (end.value.code, end.value.__suppress_context__) == (1, True)
    shown = capsys.readouterr()
    assert shown.err.startswith(f"ValueError at {__file__}:")
    assert "proefkonijn" not in shown.err + shown.out
