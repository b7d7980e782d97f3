"""docs/reference is what the code says, and what it names is there."""

from pathlib import Path

import pytest
from generator import documents
from generator.settings import OF_TOOLS

ROOT = Path(__file__).parents[2]


def test_the_references_are_those_that_the_code_says() -> None:
    for name, text in documents().items():
        assert (ROOT / "docs/reference" / name).read_text() == text, f"{name}: run `make docs`"


@pytest.mark.parametrize(("name", "default", "file"), [(one[0], one[1], one[3]) for one in OF_TOOLS])
def test_a_tools_setting_is_read_where_the_reference_says(name: str, default: str, file: str) -> None:
    text = (ROOT / file).read_text()
    assert name in text
    assert default in text
