"""What is read from a client's mail, against thirty mails that a person read."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.reading import FIELDS, every, reading, values

MAILS = sorted((Path(__file__).parent / "mails").glob("*.toml"))
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "reading-mails.md"
# What may be lost when a rule changes: about one value in ten of each field, two in a field with few.
PRECISION_FLOOR = RECALL_FLOOR = 0.9


def expected(written: Any) -> set[Any]:
    every = written if isinstance(written, list) else [] if written is None else [written]
    return {one.casefold() if isinstance(one, str) else one for one in every}


@cache
def counts() -> dict[str, Counter[str]]:
    """Return per field how many values were found rightly, wrongly, and missed, over all mails."""
    counted = {name: Counter[str]() for name in FIELDS}
    for path in MAILS:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        found = reading(case["mail"], case["today"])
        assert set(case["read"]) <= set(FIELDS), path.name
        for name in FIELDS:
            got, asked = values(getattr(found, name)), expected(case["read"].get(name))
            counted[name].update(right=len(got & asked), wrong=len(got - asked), missed=len(asked - got))
    return counted


def share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def table() -> str:
    rows = [
        "| field | right | wrong | missed | precision | recall |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    total = sum(counts().values(), Counter[str]())
    for name, count in [*counts().items(), ("all", total)]:
        right, wrong, missed = count["right"], count["wrong"], count["missed"]
        label = "**all**" if name == "all" else f"`{name}`"
        shares = f"{share(right, wrong):.2f} | {share(right, missed):.2f}"
        rows.append(f"| {label} | {right} | {wrong} | {missed} | {shares} |")
    return "\n".join(rows)


def test_thirty_mails_are_read_as_a_careful_person_reads_them() -> None:
    print(table())
    assert len(MAILS) == 30
    for name, count in counts().items():
        few = count["right"] + count["missed"] <= 10
        assert share(count["right"], count["wrong"]) >= PRECISION_FLOOR or (few and count["wrong"] <= 1), name
        assert share(count["right"], count["missed"]) >= RECALL_FLOOR or (few and count["missed"] <= 1), name


def test_the_page_of_the_documents_has_the_numbers_of_today() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), "put this table into the page:\n" + table()


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_the_words_lie_in_the_mail(path: Path) -> None:
    text = tomllib.loads(path.read_text(encoding="utf-8"))["mail"]
    for found in every(reading(text)):
        for words in [found.words, *(other.words for other in found.others)]:
            assert 0 <= words.start < words.end <= len(text)
            assert text[words.start : words.end].strip()
