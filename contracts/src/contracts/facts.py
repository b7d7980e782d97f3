"""The matching facts of a profile and the facts of an assignment: see docs/reference/matching.md."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
)
from pydantic_core import PydanticCustomError

from contracts.values import (
    Day,
    Email,
    Frozen,
    Line,
    Moment,
    Place,
    Points,
    Text,
    Unique,
    UniqueNonEmpty,
    WeekHours,
    at_least,
)
from contracts.vocabulary import (
    Certificate,
    CommitmentKind,
    ContractForm,
    Criterion,
    Direction,
    Dossier,
    Frequency,
    Level,
    OrganisationType,
    ProfileStatus,
    Specialism,
    Urgency,
)

Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Weight = Annotated[int, Field(ge=0, le=100)]
MAX_PORTFOLIO = 1000
MAX_COMMITMENTS = 50


def is_unsaid(value: Any) -> bool:
    """Tell whether nothing was said: then it stays unsaid where it is shown."""
    return not value


class LeftOut(Enum):
    """What a field holds that was left out, where null says something else."""

    LEFT_OUT = "left out"


def _left_out() -> Any:
    return LeftOut.LEFT_OUT


def _is_left_out(value: Any) -> bool:
    return value is LeftOut.LEFT_OUT


def _or_left_out(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Let a model be made of another's fields; no JSON holds it."""
    return value if _is_left_out(value) else read(value)


class PortfolioEntry(Frozen):
    """One earlier assignment: where, at which level, from when to when (null: still running).

    `specialisms` and `dossiers`: what it was about, where that is known; `placement_id`: the placement on
    this platform that it came from.
    """

    organisation_type: OrganisationType
    level: Level
    started_on: Day
    ended_on: Day | None = None
    specialisms: Unique[Specialism] = Field(default_factory=list)
    dossiers: Unique[Dossier] = Field(default_factory=list)
    placement_id: UUID | None = None

    @field_validator("ended_on")
    @classmethod
    def _ends_after_it_starts(cls, value: date | None, info: ValidationInfo) -> date | None:
        return value and at_least(value, info.data.get("started_on"), "must not be before started_on")


class OwnPortfolioEntry(PortfolioEntry):
    """An entry with what is on no topic, since it may tell which client it was, or who.

    `organisation_name`: the client; `title`: the opdracht; `result`: what came of it.
    """

    organisation_name: Line | None = Field(default=None, exclude_if=is_unsaid)
    title: Line | None = Field(default=None, exclude_if=is_unsaid)
    result: Text | None = Field(default=None, exclude_if=is_unsaid)


class Commitment(Frozen):
    """Work beside opdrachten that takes hours a week, from one day to another (null: for good)."""

    model_config = ConfigDict(serialize_by_alias=True)

    hours: WeekHours
    first_day: Annotated[Day, Field(alias="from")]
    until: Day | None = None
    kind: CommitmentKind

    @field_validator("until")
    @classmethod
    def _until_after_from(cls, value: date | None, info: ValidationInfo) -> date | None:
        return value and at_least(value, info.data.get("first_day"), "must not be before from")


OFFERS = tuple(str(one) for one in (*Specialism, *Dossier))


def _offer(text: str) -> str:
    if text not in OFFERS:
        raise PydanticCustomError("offer", "must be a specialism or a dossier")
    return text


Offer = Annotated[str, AfterValidator(_offer), WithJsonSchema({"type": "string", "enum": list(OFFERS)})]


class Network(Frozen):
    """Whether colleagues may find somebody, with which specialisms and dossiers they help these, and what
    they say of it in one sentence."""

    visible: bool
    offers: Unique[Offer] = Field(default_factory=list)
    line: Line | None = None


class Ambition(Frozen):
    """Where a professional wants to grow."""

    direction: Direction
    step_up: bool
    specialisms: Unique[Specialism]


class ProfileFacts(Frozen):
    """What matching knows of a professional; nothing here tells who it is. `probe`: see `contracts.probe`."""

    # What somebody offers: they still offer the rest.
    tolerant: ClassVar[frozenset[str]] = frozenset(
        {
            "specialisms",
            "dossiers",
            "certificates",
            "contract_forms",
            "portfolio/specialisms",
            "portfolio/dossiers",
            "ambition/specialisms",
        }
    )

    status: ProfileStatus
    level: Level
    specialisms: Unique[Specialism]
    dossiers: Unique[Dossier]
    certificates: Unique[Certificate]
    portfolio: Annotated[list[PortfolioEntry], Field(max_length=MAX_PORTFOLIO)]
    ambition: Ambition
    available_from: Day
    available_until: Day | None = None
    hours_min: WeekHours
    hours_max: WeekHours
    place: Place
    max_distance_km: Annotated[float, Field(ge=0, le=1_000_000)]
    rate_min_cents: Cents
    contract_forms: UniqueNonEmpty[ContractForm]
    excluded_organisation_types: Unique[OrganisationType]
    probe: bool = Field(default=False, exclude_if=is_unsaid)

    @field_validator("available_until")
    @classmethod
    def _until_after_from(cls, value: date | None, info: ValidationInfo) -> date | None:
        return value and at_least(value, info.data.get("available_from"), "must not be before available_from")

    @field_validator("hours_max")
    @classmethod
    def _hours_in_order(cls, value: int, info: ValidationInfo) -> int:
        return at_least(value, info.data.get("hours_min"), "must not be less than hours_min")


class OwnFacts(ProfileFacts):
    """What a professional wrote: the matching facts, and what is on no topic.

    `commitments`: their work beside opdrachten; `network`: what colleagues see of them, null for nothing.
    """

    # Narrower entries: a list of them is read, and never written into as the wider one.
    portfolio: Annotated[list[OwnPortfolioEntry], Field(max_length=MAX_PORTFOLIO)]  # type: ignore[assignment]
    commitments: Annotated[list[Commitment], Field(max_length=MAX_COMMITMENTS)] = Field(
        default_factory=list, exclude_if=is_unsaid
    )
    network: Network | None = Field(default=None, exclude_if=is_unsaid)


class OwnAvailability(Frozen):
    """When and for how many hours a week a professional wants to work, without regard to what they do now."""

    status: ProfileStatus
    available_from: Day
    hours_max: WeekHours


class PlacementTerms(Frozen):
    """What is agreed with a professional: the period, hours a week, cents an hour, the form of contract."""

    starts_on: Day
    ends_on: Day
    hours: WeekHours
    rate_cents: Cents
    contract_form: ContractForm

    @field_validator("ends_on")
    @classmethod
    def _ends_after_it_starts(cls, value: date, info: ValidationInfo) -> date:
        return at_least(value, info.data.get("starts_on"), "must not be before starts_on")


class Organisation(Frozen):
    """The client."""

    name: Line
    type: OrganisationType


class Recruiter(Frozen):
    """Who places the assignment and gets its mail; professionals who are told of it may call and answer."""

    name: Line
    email: Email
    phone: Annotated[Line, Field(max_length=50)] | None = None


class AssignmentFacts(Frozen):
    """An opdracht. Money is cents an hour, without VAT; hours and onsite days are a week's. `probe`: see
    `contracts.probe`."""

    # What is merely wished for; who lacks a requirement must not pass for one that is not known here.
    tolerant: ClassVar[frozenset[str]] = frozenset({"desired_specialisms", "dossiers"})

    title: Line
    description: Text
    organisation: Organisation
    level: Level
    open_to_growth: bool
    required_specialisms: Unique[Specialism]
    desired_specialisms: Unique[Specialism]
    dossiers: Unique[Dossier]
    required_certificates: Unique[Certificate]
    starts_on: Day
    ends_on: Day
    hours_min: WeekHours
    hours_max: WeekHours
    place: Place
    onsite_days: Annotated[int, Field(ge=0, le=5)]
    rate_max_cents: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    contract_forms: UniqueNonEmpty[ContractForm]
    urgency: Urgency
    reason: Text
    respond_by: Moment
    positions: Annotated[int, Field(ge=1, le=1000)]
    weights: dict[Criterion, Weight] | None = None
    recruiter: Recruiter
    probe: bool = Field(default=False, exclude_if=is_unsaid)

    @field_validator("ends_on")
    @classmethod
    def _ends_after_it_starts(cls, value: date, info: ValidationInfo) -> date:
        return at_least(value, info.data.get("starts_on"), "must not be before starts_on")

    @field_validator("hours_max")
    @classmethod
    def _hours_in_order(cls, value: int, info: ValidationInfo) -> int:
        return at_least(value, info.data.get("hours_min"), "must not be less than hours_min")

    @field_validator("weights")
    @classmethod
    def _sum_to_100(cls, value: dict[Criterion, int] | None) -> dict[Criterion, int] | None:
        if value is not None and sum(value.values()) != 100:
            raise PydanticCustomError("weights", "must sum to 100 points")
        return value


class Preferences(Frozen):
    """How a professional wants to be told."""

    frequency: Frequency
    min_score: Points
    quiet_hours: bool


class Coach(Frozen):
    """Whom a professional talks to about their work; their recruiter where there is none."""

    name: Line
    email: Email


class Contact(Frozen):
    """Who a professional is; travels on the topic `contacts` only. `called`: how mails greet them.

    `confirmed_at`: when they said that mails may come to this address. Null: they are asked first, and mails
    on opdrachten follow their yes. Left out, which is not null: they are mailed without being asked.
    """

    name: Line
    called: Line | None = None
    email: Email
    phone: Annotated[Line, Field(max_length=50)] | None = None
    coach: Coach | None = None
    preferences: Preferences
    confirmed_at: Annotated[Moment | None, WrapValidator(_or_left_out)] = Field(
        default_factory=_left_out, exclude_if=_is_left_out
    )

    @property
    def says_confirmed(self) -> bool:
        """Return whether `confirmed_at` was said, if only as null."""
        return not _is_left_out(self.confirmed_at)
