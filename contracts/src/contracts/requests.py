"""What comes in over HTTP: the facts of the topics, taken more narrowly.

Topics carry what was once let in. At the door names and titles are short, a list is no longer than its
vocabulary (which on topics may be a newer one), and an address takes the form in which it is stored and
mailed from then on.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, FailFast, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from contracts import examples, facts, values
from contracts.facts import MAX_PORTFOLIO, Weight, is_unsaid
from contracts.values import EMAIL_SCHEMA, MAX_ADDRESS, Line, Text, mailing_address, one_line, unique
from contracts.vocabulary import (
    Certificate,
    ContractForm,
    Criterion,
    Dossier,
    OrganisationType,
    Specialism,
)

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


def _of(vocabulary: type[StrEnum], least: int = 0) -> Any:
    return Field(min_length=least, max_length=len(vocabulary), json_schema_extra={"uniqueItems": True})


# The length stands before the validator: a list that is too long is refused before its values are looked at.
Specialisms = Annotated[list[Specialism], _of(Specialism), AfterValidator(unique)]
Dossiers = Annotated[list[Dossier], _of(Dossier), AfterValidator(unique)]
Certificates = Annotated[list[Certificate], _of(Certificate), AfterValidator(unique)]
ContractForms = Annotated[list[ContractForm], _of(ContractForm, least=1), AfterValidator(unique)]
OrganisationTypes = Annotated[list[OrganisationType], _of(OrganisationType), AfterValidator(unique)]


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


class Coach(facts.Coach):
    """Whom a professional talks to about their work; their recruiter where there is none."""

    name: Name
    email: Address


class Contact(facts.Contact):
    """Who a professional is; travels on the topic `contacts` only. `called`: how mails greet them.

    `confirmed_at`: when they said that mails may come to this address. Null: they are asked first, and mails
    on opdrachten follow their yes. Left out, which is not null: they are mailed without being asked.
    """

    name: Name
    called: Name | None = None
    email: Address
    coach: Coach | None = None


class PortfolioEntry(facts.OwnPortfolioEntry):
    """One earlier assignment: where, at which level, from when to when (null: still running).

    `specialisms` and `dossiers`: what it was about, where that is known; `placement_id`: the placement on
    this platform that it came from. For the person and for staff, and on no topic: `organisation_name`,
    `title` and `result`.
    """

    # of each list the first fault is told: there may be a thousand entries
    specialisms: Annotated[list[Specialism], FailFast(), _of(Specialism), AfterValidator(unique)] = Field(
        default_factory=list
    )
    dossiers: Annotated[list[Dossier], FailFast(), _of(Dossier), AfterValidator(unique)] = Field(
        default_factory=list
    )
    organisation_name: Name | None = Field(default=None, exclude_if=is_unsaid)
    title: Title | None = Field(default=None, exclude_if=is_unsaid)
    result: Annotated[Text, Field(max_length=2000)] | None = Field(default=None, exclude_if=is_unsaid)


class Ambition(facts.Ambition):
    """Where a professional wants to grow."""

    specialisms: Specialisms


class Network(facts.Network):
    """Whether colleagues may find somebody, with which specialisms and dossiers they help these, and what
    they say of it in one sentence."""

    offers: Annotated[
        list[facts.Offer],
        Field(max_length=len(facts.OFFERS), json_schema_extra={"uniqueItems": True}),
        AfterValidator(unique),
    ] = Field(default_factory=list)
    line: Title | None = None


class ProfileFacts(facts.OwnFacts):
    """What a professional wants and can do; nothing here tells who it is, but for what they wrote themselves.

    On no topic: `commitments`, their work beside opdrachten, a permanent job or their own; and `network`,
    what colleagues see of them, who see nothing without it.
    """

    specialisms: Specialisms
    dossiers: Dossiers
    certificates: Certificates
    # Narrower entries: a list of them is read, and never written into as the wider one.
    portfolio: Annotated[list[PortfolioEntry], Field(max_length=MAX_PORTFOLIO)]  # type: ignore[assignment]
    ambition: Ambition
    place: Place
    contract_forms: ContractForms
    excluded_organisation_types: OrganisationTypes
    network: Network | None = Field(default=None, exclude_if=is_unsaid)


class AssignmentFacts(facts.AssignmentFacts):
    """What a recruiter says of an assignment."""

    title: Title
    organisation: Organisation
    required_specialisms: Specialisms
    desired_specialisms: Specialisms
    dossiers: Dossiers
    required_certificates: Certificates
    place: Place
    contract_forms: ContractForms
    weights: Annotated[dict[Criterion, Weight], Field(max_length=len(Criterion))] | None = None
    recruiter: Recruiter


class AssignmentRequest(AssignmentFacts):
    """An assignment as its recruiter sends it; `open` opens it at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ASSIGNMENT]})

    open: bool = False
