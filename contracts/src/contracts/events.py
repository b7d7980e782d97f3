"""Every event's data. A breaking change is a new `.v2` beside the old."""

from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.facts import (
    AssignmentFacts,
    Contact,
    OwnAvailability,
    PlacementTerms,
    Preferences,
    ProfileFacts,
)
from contracts.values import (
    Count,
    Day,
    Digest,
    Email,
    Frozen,
    Line,
    Moment,
    Object,
    Ordinal,
    PersonKey,
    Points,
    SealedText,
    Text,
    Version,
)
from contracts.vocabulary import (
    Answer,
    CheckIn,
    ClosedReason,
    Criterion,
    Decision,
    EndedReason,
    Level,
    NoticeKind,
    NoticeOutcome,
    OrganisationType,
    PlacementState,
    ReasonCode,
    Rule,
    WithdrawalReason,
)


class ProfileUpdated(ProfileFacts):
    """A profile's matching facts, in full, as they follow from what the person wrote and from their work.

    `own`: what they wrote themselves, where their work makes it another; null where it does not.
    """

    profile_id: UUID
    version: Version
    own: OwnAvailability | None = None


class ContactUpdated(Contact):
    """Who the professional is, in full. With `ContactConfirmed` the only event that says it.

    `chosen_at`: of the latest `PreferencesChosen` that is in its preferences; null without one, absent in
    events of before this field. `links_from`: the version at which the address changed last, or somebody said
    that a change was not theirs: links in mails that were written before lead nowhere. 1 where neither was;
    null in events of before this field.
    Of who is asked whether they stay: `erased_on`, the day on which they are erased if they do not say so,
    and `silent_since`, when they confirmed last; null of everybody else.
    """

    profile_id: UUID
    version: Version
    chosen_at: Moment | None = None
    links_from: Version | None = None
    erased_on: Day | None = None
    silent_since: Moment | None = None


class KeyMade(Frozen):
    """The key that seals what is written about a professional: 32 bytes, base64. An erasure destroys it."""

    profile_id: UUID
    key: PersonKey


class Worded(Frozen):
    """An event with free text about a professional, which travels in `sealed` alone.

    `words`: the fields with such text, and what stands there beside a seal. `about`: the field whose id the
    seal is bound to; `whose`: the one with the person whose key seals. How it is sealed:
    `chassis.delivery.sealing`. In events of before `sealed` these fields are plain.
    """

    words: ClassVar[dict[str, Any]]
    about: ClassVar[str] = "match_id"
    whose: ClassVar[str] = "profile_id"

    profile_id: UUID
    sealed: SealedText | None = None

    @property
    def sealed_by(self) -> UUID:
        """The person whose key seals the words."""
        person: UUID = getattr(self, self.whose)
        return person


class AssignmentOpened(AssignmentFacts):
    """An assignment in full, from now on open for matching.

    `opened_at`: when it opened first; null in events of before this field.
    """

    assignment_id: UUID
    version: Version
    opened_at: Moment | None = None


class AssignmentUpdated(AssignmentOpened):
    """An open assignment in full, after a change."""


class AssignmentClosed(AssignmentOpened):
    """An assignment in full, closed for good."""

    closed_reason: ClosedReason


class PlacementAgreed(PlacementTerms):
    """A professional does an assignment: what was agreed, in full.

    `organisation_type` and `level` are the assignment's. `ended_on`: the last day, once that is settled.
    `profile_id` is null once the person is erased.
    """

    placement_id: UUID
    version: Version
    assignment_id: UUID
    profile_id: UUID | None
    organisation_type: OrganisationType
    level: Level
    state: PlacementState
    ended_on: Day | None = None
    ended_reason: EndedReason | None = None

    @model_validator(mode="after")
    def _has_a_reason_once_it_ended(self) -> Self:
        if (self.state is PlacementState.ENDED) != (self.ended_reason is not None):
            raise PydanticCustomError("ended", "must have ended_reason where it ended, and only there")
        return self


class PlacementChanged(PlacementAgreed):
    """A placement in full, after a change: of its terms, or because the person was erased."""


class PlacementEnded(PlacementAgreed):
    """A placement in full, with why it ended."""


class CriterionExplained(Frozen):
    """One criterion's share in a score: points rounded to 2 decimals, and the facts behind them."""

    criterion: Criterion
    points: Points
    max_points: Points
    facts: Object


class MatchProposed(Frozen):
    """A professional fits an assignment. `revision` rises with each change of the explanation.

    `proposed_at` is this revision's moment, `first_proposed_at` that of the first (null in older events).
    """

    match_id: UUID
    revision: Version
    assignment_id: UUID
    assignment_version: Version
    profile_id: UUID
    profile_version: Version
    score: Points
    growth: bool
    explanation: list[CriterionExplained]
    policy: Line
    proposed_at: Moment
    first_proposed_at: Moment | None = None


class RuleBroken(Frozen):
    """A hard rule that a pair no longer passes, with the facts that it looked at."""

    rule: Rule
    facts: Object


class MatchWithdrawn(Frozen):
    """A live proposal no longer holds.

    Where the pair stopped being a candidate: `rules`, those that it fails now (none where only its score is
    too low), and `score`, null where a rule fails.
    """

    match_id: UUID
    revision: Version
    assignment_id: UUID
    profile_id: UUID
    reason: WithdrawalReason
    withdrawn_at: Moment
    rules: list[RuleBroken] = Field(default_factory=list)
    score: Points | None = None


class Appointment(Frozen):
    """When and where an invited professional is expected."""

    at: Moment
    where: Line


class MatchDecided(Worded):
    """The recruiter's decision on a match. `reason`, `message` and `appointment` travel in `sealed`.

    `reason` is internal and reaches nobody by mail. `message`: the recruiter's words to the professional
    (null: the standard text of the decision, with the sentence of `reason_code`). `tell`: whether the
    professional is told (null: if their latest answer is `interested`). `standing`: the decisions that stand
    after it, the latest last (null in older events). `decided_by_sub`: whose name `decided_by` shows, as
    their token's `sub` (null in older events).
    """

    words: ClassVar[dict[str, Any]] = {"reason": "", "message": None, "appointment": None}

    match_id: UUID
    assignment_id: UUID
    decision: Decision
    reason: Text
    decided_by: Line
    decided_by_sub: Line | None = None
    decided_at: Moment
    message: Text | None = None
    tell: bool | None = None
    reason_code: ReasonCode | None = None
    appointment: Appointment | None = None
    standing: list[Decision] | None = None


class MatchAnswered(Worded):
    """The professional's answer to a proposal. `reason` travels in `sealed`."""

    words: ClassVar[dict[str, Any]] = {"reason": None}

    match_id: UUID
    assignment_id: UUID
    answer: Answer
    reason: Text | None = None
    answered_at: Moment


class Relaxation(Frozen):
    """One eased requirement or two: the fields as they would be, and how many more candidates that brings."""

    change: Object
    adds: Count


class InterestLacking(Frozen):
    """Nobody has shown interest in an assignment, and its `respond_by` is near.

    `live`: how many proposals are live; `candidates`: how many fit it in the whole population;
    `relaxation`: the one that would bring most, null where none brings anybody.
    """

    assignment_id: UUID
    assignment_version: Version
    respond_by: Moment
    live: Count
    candidates: Count
    relaxation: Relaxation | None
    noticed_at: Moment


class Lever(Frozen):
    """One change of a profile's facts or two: the fields as they would be, how many of the open opdrachten
    that brings and costs, and how many of a year's it would have brought."""

    change: Object
    adds: Count
    loses: Count
    adds_year: Count


class LeverFound(Frozen):
    """Nothing fitted a professional for a month. `levers`: the changes that would bring most, two at most."""

    profile_id: UUID
    levers: Annotated[list[Lever], Field(min_length=1, max_length=2)]
    found_at: Moment


class CheckInAnswered(Worded):
    """How a professional says that their work goes. `sentence`, in their own words, travels in `sealed`."""

    words: ClassVar[dict[str, Any]] = {"sentence": None}
    about: ClassVar[str] = "placement_id"

    placement_id: UUID
    answer: CheckIn
    sentence: Text | None = None
    answered_at: Moment


class PreferencesChosen(Preferences):
    """How a professional wants to be told from now on, and until when not to be asked at all.

    `paused_until`: the first day on which opdrachten are welcome again; null ends such a pause. `links_from`:
    as of now in their contact, if it is not later there already: they may have said that something was not
    them; null in events of before this field.
    """

    profile_id: UUID
    paused_until: Day | None = None
    chosen_at: Moment
    links_from: Version | None = None


class ContactConfirmed(Frozen):
    """A professional confirmed, from a mail to this address, that they want to be in touch. Once the address
    is no longer theirs it confirms nothing."""

    profile_id: UUID
    email: Email
    confirmed_at: Moment


class ConfirmationLacking(Frozen):
    """A professional was asked whether they stay, said nothing, and nothing of theirs is open.

    `erased_on`: the day that they were told; `asked_at`: when the mail was accepted, null where none could
    reach them, or they want none.
    """

    profile_id: UUID
    erased_on: Day
    asked_at: Moment | None
    noticed_at: Moment


class QuestionAsked(Worded):
    """A professional asks a colleague, who is `profile_id`, a question, which travels in `sealed` and goes
    with the asker, whose words it is; whoever mails it shows the asker's address, as they agreed."""

    words: ClassVar[dict[str, Any]] = {"question": ""}
    about: ClassVar[str] = "question_id"
    whose: ClassVar[str] = "asker_id"

    question_id: UUID
    asker_id: UUID
    question: Text
    asked_at: Moment


class NoticeSettled(Frozen):
    """A notice ended: what was to be told, to whom, how it ended. No address, no text."""

    notice_id: UUID
    kind: NoticeKind
    match_id: UUID | None
    assignment_id: UUID | None
    profile_id: UUID | None
    outcome: NoticeOutcome
    due_at: Moment
    at: Moment


class ActRecorded(Frozen):
    """Who did what, and when: a link of a service's chain (`contracts.chain`). Ids and names of fields only.

    `issuer` and `subject` are those of the actor's token. Who acts by a signed link has the issuer `link`,
    and the profile's id as subject; what a service does by itself has the issuer `platform`, and the job's
    name. `role`: the actor's roles, with spaces between; null for the last two. `people`: whose data it was.
    `fields`: the names of those that changed. `number` rises by one, `previous` is the `hash` before.
    """

    service: Annotated[Line, Field(max_length=100)]
    number: Ordinal
    at: Moment
    issuer: Line
    subject: Line
    role: Line | None = None
    action: Line
    object_kind: Line
    object_id: UUID | None = None
    people: list[UUID]
    fields: list[Line]
    trace_id: Line | None = None
    previous: Digest
    hash: Digest


Data = (
    ProfileUpdated
    | ContactUpdated
    | KeyMade
    | AssignmentOpened
    | AssignmentClosed
    | PlacementAgreed
    | MatchProposed
    | MatchWithdrawn
    | MatchDecided
    | MatchAnswered
    | PreferencesChosen
    | ContactConfirmed
    | ConfirmationLacking
    | InterestLacking
    | LeverFound
    | CheckInAnswered
    | QuestionAsked
    | NoticeSettled
    | ActRecorded
)

TYPES: dict[str, type[Data]] = {
    "ProfileUpdated.v1": ProfileUpdated,
    "ContactUpdated.v1": ContactUpdated,
    "KeyMade.v1": KeyMade,
    "AssignmentOpened.v1": AssignmentOpened,
    "AssignmentUpdated.v1": AssignmentUpdated,
    "AssignmentClosed.v1": AssignmentClosed,
    "PlacementAgreed.v1": PlacementAgreed,
    "PlacementChanged.v1": PlacementChanged,
    "PlacementEnded.v1": PlacementEnded,
    "MatchProposed.v1": MatchProposed,
    "MatchWithdrawn.v1": MatchWithdrawn,
    "MatchDecided.v1": MatchDecided,
    "MatchAnswered.v1": MatchAnswered,
    "PreferencesChosen.v1": PreferencesChosen,
    "ContactConfirmed.v1": ContactConfirmed,
    "ConfirmationLacking.v1": ConfirmationLacking,
    "InterestLacking.v1": InterestLacking,
    "LeverFound.v1": LeverFound,
    "CheckInAnswered.v1": CheckInAnswered,
    "QuestionAsked.v1": QuestionAsked,
    "NoticeSettled.v1": NoticeSettled,
    "ActRecorded.v1": ActRecorded,
}

TYPE_OF: dict[type[Frozen], str] = {model: name for name, model in TYPES.items()}
