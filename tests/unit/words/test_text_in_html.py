"""What templates write into HTML: text, isolated where it runs the other way, and never turned."""

import pytest
from words import legible
from words.rendering import environment

TEMPLATES = environment("words", asset=str)


def written(text: str) -> str:
    return TEMPLATES.from_string("{% autoescape true %}{{ text }}{% endautoescape %}").render(text=text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & é", "a &lt; b &amp; é"),
        (
            f"Dag {legible.FSI}\u05e9\u05dc\u05d5\u05dd{legible.PDI}, welkom",
            "Dag <bdi>\u05e9\u05dc\u05d5\u05dd</bdi>, welkom",
        ),
        (
            f"{legible.FSI}een{legible.PDI} {legible.FSI}<b>{legible.PDI}",
            "<bdi>een</bdi> <bdi>&lt;b&gt;</bdi>",
        ),
        ("links\u202erechts", "linksrechts"),
        (f"open{legible.FSI} en nooit dicht", "open en nooit dicht"),
        (f"{legible.PDI}dicht{legible.PDI}", "dicht"),
        (f"{legible.FSI}een \u2067twee{legible.PDI}{legible.PDI}", "een twee"),
        (f"{legible.FSI}buiten {legible.FSI}binnen{legible.PDI}{legible.PDI}", "buiten <bdi>binnen</bdi>"),
        ("\u202a\u202b\u202c\u202d\u202e\u2066\u2067é", "é"),
    ],
)
def test_no_control_of_a_text_turns_what_stands_around_it(text: str, html: str) -> None:
    assert written(text) == html
