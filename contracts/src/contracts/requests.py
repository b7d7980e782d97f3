"""What comes in over HTTP: the facts of the topics, taken more narrowly.

Topics carry what was once let in. At the door names and titles are short, and an address takes the form in
which it is stored and mailed from then on.
"""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from contracts import examples, facts, values
from contracts.values import EMAIL_SCHEMA, MAX_ADDRESS, Line, mailing_address, one_line

SMTPUTF8 = "smtputf8"  # of the validation's context: whether the mail server takes non-ASCII before the @


def _without_link(text: str) -> str:
    if "://" in text:
        raise PydanticCustomError("name_link", "must be a name, without ://")
    return text


def _address(text: str, info: ValidationInfo) -> str:
    address = mailing_address(text)
    if not (address.isascii() or (info.context or {}).get(SMTPUTF8)):
        raise PydanticCustomError(
            "email_ascii", "must have only ASCII before the @: the mail server takes no other letters there"
        )
    return address


# For the documents, as in `values`.
NAME_PATTERN = rf"^(?!.*://){values.ONE_LINE_PATTERN.removeprefix('^')}"

Name = Annotated[
    Line,
    Field(max_length=100, json_schema_extra={"pattern": NAME_PATTERN}),
    AfterValidator(_without_link),
]
Title = Annotated[Line, Field(max_length=200)]
Address = Annotated[
    str,
    Field(max_length=MAX_ADDRESS),
    AfterValidator(one_line),
    AfterValidator(_address),
    WithJsonSchema(EMAIL_SCHEMA),
]


class Place(values.Place):
    """A place and its coordinates in degrees (WGS 84)."""

    name: Name


class Organisation(facts.Organisation):
    """The client."""

    name: Name


class Recruiter(facts.Recruiter):
    """Who places the assignment and gets its mail; professionals who are told of it may call and answer."""

    name: Name
    email: Address


class Contact(facts.Contact):
    """Who a professional is; travels on the topic `contacts` only."""

    name: Name
    email: Address


class ProfileFacts(facts.ProfileFacts):
    """What matching knows of a professional; nothing here tells who it is."""

    place: Place


class AssignmentFacts(facts.AssignmentFacts):
    """What a recruiter says of an assignment."""

    title: Title
    organisation: Organisation
    place: Place
    recruiter: Recruiter


class AssignmentRequest(AssignmentFacts):
    """An assignment as its recruiter sends it; `open` opens it at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASSIGNMENT]})

    open: bool = False
