"""What the doors take of names, titles and addresses; the topics take what was once let in."""

import json
from typing import Any

import pytest
from contracts.events import AssignmentOpened, ContactUpdated
from contracts.requests import SMTPUTF8, AssignmentRequest, Contact, ProfileFacts
from contracts.values import mailbox_key, mailing_address
from pydantic import BaseModel, ValidationError

from contracts import examples

LINK = "klant, log in op https://digid.example"
ID = "01a20f82-b178-75b2-9572-e7c0d16b6ad6"


def set_in(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """Return the value with another at a path, such as `place/name`."""
    first, _, rest = path.partition("/")
    return {**value, first: set_in(value[first], rest, new) if rest else new}


def read(model: type[BaseModel], value: dict[str, Any], **context: bool) -> Any:
    return model.model_validate_json(json.dumps(value), extra="forbid", context=context)


def refused(model: type[BaseModel], value: dict[str, Any], **context: bool) -> list[tuple[str, str]]:
    """Return where and why a value is refused."""
    with pytest.raises(ValidationError) as error:
        read(model, value, **context)
    return [("/".join(map(str, fault["loc"])), fault["msg"]) for fault in error.value.errors()]


@pytest.mark.parametrize(
    ("model", "example", "path", "most"),
    [
        (Contact, examples.PROFILE["contact"], "name", 100),
        (ProfileFacts, examples.PROFILE["facts"], "place/name", 100),
        (AssignmentRequest, examples.ASSIGNMENT, "recruiter/name", 100),
        (AssignmentRequest, examples.ASSIGNMENT, "organisation/name", 100),
        (AssignmentRequest, examples.ASSIGNMENT, "place/name", 100),
        (AssignmentRequest, examples.ASSIGNMENT, "title", 200),
    ],
)
def test_names_and_titles_are_short_at_the_door(
    model: type[BaseModel], example: dict[str, Any], path: str, most: int
) -> None:
    read(model, set_in(example, path, "é" * most))
    assert [at for at, _ in refused(model, set_in(example, path, "x" * (most + 1)))] == [path]
    if path != "title":
        assert [at for at, _ in refused(model, set_in(example, path, LINK))] == [path]


def test_topics_carry_the_long_names_and_links_that_were_once_let_in() -> None:
    contact = {**examples.PROFILE["contact"], "profile_id": ID, "version": 1, "name": LINK + "x" * 1000}
    assert ContactUpdated.model_validate_json(json.dumps(contact)).name == contact["name"]
    sent = {key: value for key, value in examples.ASSIGNMENT.items() if key != "open"}
    assignment = {**sent, "assignment_id": ID, "version": 1, "title": "x" * 1000}
    assert AssignmentOpened.model_validate_json(json.dumps(assignment)).title == assignment["title"]


ADDRESSES = {
    "anke@example.org": "anke@example.org",
    "Anke.Proef@EXAMPLE.org": "Anke.Proef@example.org",
    "anke@faß.example": "anke@xn--fa-hia.example",
    "anke@straße.example": "anke@xn--strae-oqa.example",
    "anke@ὀδυσσεύς.example": "anke@xn--pxac3bcak3d8526a.example",
    "anke@exámple.org": "anke@xn--exmple-qta.org",
    "anke@exa\u0301mple.org": "anke@xn--exmple-qta.org",
    "anke@ｅｘａｍｐｌｅ.org": "anke@example.org",
    "anke@xn--fa-hia.example": "anke@xn--fa-hia.example",
}


@pytest.mark.parametrize(("written", "kept"), ADDRESSES.items())
def test_an_address_is_kept_in_the_form_in_which_it_is_mailed(written: str, kept: str) -> None:
    assert read(Contact, {**examples.PROFILE["contact"], "email": written}).email == kept
    assignment = set_in(examples.ASSIGNMENT, "recruiter/email", written)
    assert read(AssignmentRequest, assignment).recruiter.email == kept
    assert mailing_address(written) == mailing_address(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "geen adres",
        "a@b",
        "@example.org",
        "anke@xn--a.example",
        f"anke@{'ß' * 60}.example",
        "a\u200db@example.org",
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    contact = {**examples.PROFILE["contact"], "email": written}
    (fault,) = refused(Contact, contact, **{SMTPUTF8: True})
    assert fault == ("email", "must be an e-mail address, such as naam@example.org")


@pytest.mark.parametrize("written", ["josé@example.org", "jose\u0301@example.org"])
def test_a_mailbox_beyond_ascii_is_taken_where_the_mail_server_takes_it(written: str) -> None:
    contact = {**examples.PROFILE["contact"], "email": written}
    (fault,) = refused(Contact, contact)
    assert fault[0] == "email"
    assert "only ASCII before the @" in fault[1]
    assert read(Contact, contact, **{SMTPUTF8: True}).email == "josé@example.org"


def test_an_address_that_grows_too_long_in_ascii_is_refused() -> None:
    domain = ".".join(["ééééééééééééééééééééééé"] * 8)
    contact = {**examples.PROFILE["contact"], "email": f"é@{domain}.example"}
    (fault,) = refused(Contact, contact, **{SMTPUTF8: True})
    assert fault[0] == "email"


@pytest.mark.parametrize("written", [*ADDRESSES, "josé@example.org"])
def test_topics_carry_an_address_in_the_form_in_which_it_came(written: str) -> None:
    contact = {**examples.PROFILE["contact"], "profile_id": ID, "version": 1, "email": written}
    assert ContactUpdated.model_validate_json(json.dumps(contact)).email == written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anke@example.org", "anke@EXAMPLE.ORG"),
        ("anke@faß.example", "ANKE@xn--FA-hia.example"),
        ("JOSE\u0301@example.org", "josé@example.org"),
        ("geen adres", "Geen Adres"),
    ],
)
def test_forms_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert mailbox_key(one) == mailbox_key(other)


def test_other_mailboxes_have_other_keys() -> None:
    several = ["anke@faß.example", "anke@fass.example", "anke+1@fass.example", "anke@fass.example.org"]
    assert len({mailbox_key(one) for one in several}) == len(several)
