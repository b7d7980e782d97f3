"""Free text as it is shown: its lines and lists stay, its HTML is reduced, and nothing turns a line round."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from words.legible import Block, blocks, clean, cut, line, plain, short

FSI, PDI = "\u2068", "\u2069"


def test_lines_and_lists_of_a_description_survive() -> None:
    text = (
        "Wat ga je doen?\n- nieuwsbrieven schrijven\n- bewonersavonden begeleiden\n\n"
        "Eisen\n1. hbo\n2. ervaring\n\n<ul><li>Gesprekken 12 januari</li></ul>"
    )
    assert blocks(text) == (
        Block(("Wat ga je doen?",)),
        Block(("nieuwsbrieven schrijven", "bewonersavonden begeleiden"), is_list=True),
        Block(("Eisen",)),
        Block(("hbo", "ervaring"), is_list=True, start=1),
        Block(("Gesprekken 12 januari",), is_list=True),
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<p>Wij zoeken\n een adviseur.</p>\n<p>Je doet:</p>\n<ul>\n  <li>redactie</li>\n  <li>web</li>\n"
            "</ul>\n<p>Groet<br>Jan</p>",
            "Wij zoeken een adviseur.\n\nJe doet:\n\n- redactie\n- web\n\nGroet\nJan",
        ),
        ("<ol><li>een<li>twee</ol>slot", "1. een\n2. twee\n\nslot"),
        ("<ul><li><p>een</p></li><li><p>twee</p></li></ul>", "- een\n\n- twee"),
        ("<div>een</div><div>twee</div>", "een\ntwee"),
        ("een <b>vet</b> woord", "een vet woord"),
        ("<script>alert(1)</script>hoi<!-- weg -->", "hoi"),
        ("<p>een\n\ntwee</p>", "een\n\ntwee"),
    ],
)
def test_html_is_reduced_to_text(html: str, text: str) -> None:
    assert plain(html) == text


def test_entities_are_decoded_once() -> None:
    assert plain("R&amp;D, &euro; 10, &amp;lt;b&amp;gt;") == "R&D, € 10, &lt;b&gt;"


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "uur<32 en x<y",
        "R&D",
        "?a=1&copy=2",
        "<functie> adviseur",
        "Jan <jan@example.org>",
        "hoi <",
        "<p",
    ],
)
def test_what_only_looks_like_html_stays(text: str) -> None:
    assert plain(text) == text


def test_directional_controls_are_gone_however_they_came() -> None:
    assert clean("Open \u202eRLO\u2066") == "Open RLO"
    assert clean("Open &#x202e;RLO") == "Open RLO"
    assert clean("vrouw\u200dschap") == "vrouw\u200dschap"


def test_a_right_to_left_line_is_isolated_and_any_other_is_as_it_was() -> None:
    assert line("محمد علي") == f"{FSI}محمد علي{PDI}"
    assert line("Anna Bakker") == "Anna Bakker"
    assert line("דנה (Dana) Levi") == f"{FSI}דנה (Dana) Levi{PDI}"


def test_a_line_is_cut_after_a_word() -> None:
    title = "Communicatieadviseur participatie energietransitie"
    assert cut(title, 60) == title
    assert cut(title, 40) == "Communicatieadviseur participatie…"
    assert cut("x" * 50, 10) == "x" * 9 + "…"
    assert short("مرحبا بكم في المدينة", 12) == f"{FSI}مرحبا بكم…{PDI}"


@given(st.text(max_size=300), st.integers(min_value=5, max_value=80))
def test_whatever_is_written_is_shown_on_one_line_that_fits(text: str, most: int) -> None:
    shown = short(text, most)
    assert len(shown) <= most
    assert not re.search("[\n\r\u202a-\u202e\u2066\u2067]", shown)
    assert shown.count(FSI) == shown.count(PDI) <= 1


@example("-\n- 1")
@given(st.text(alphabet=st.sampled_from("<>/&;#x1 ab\n-plidvbruo"), max_size=200))
def test_any_markup_is_read_without_an_error_and_reading_it_as_blocks_loses_no_word(text: str) -> None:
    words = " ".join(word for block in blocks(text) for one in block.lines for word in one.split())
    kept = re.sub(r"(?m)^[ \t]*(?:-|\d{1,2}\.)[ \t]+(?=\S)", "", plain(text))
    assert words.split() == kept.split()
