"""Colleagues see a first name, and never a surname."""

import pytest
from contracts.facts import Contact, Preferences
from contracts.vocabulary import Frequency
from profiles.domain.colleague import NAMELESS, called


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna Bakker", "Anna"),
        ("drs. Anna Bakker", "Anna"),
        ("A.M. Sophie de Vries", "Sophie"),
        ("J. Bakker", NAMELESS),
        ("drs. J. Bakker", NAMELESS),
        ("J.P. de Vries", NAMELESS),
        ("Bakker, Jan", NAMELESS),
        ("Bakker", NAMELESS),
    ],
)
def test_a_first_name_is_shown_and_never_a_surname(name: str, shown: str) -> None:
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=True)
    contact = Contact(name=name, email="collega@example.org", phone=None, preferences=wishes)
    assert called(contact) == shown
    assert called(contact.model_copy(update={"called": "Jip"})) == "Jip"
