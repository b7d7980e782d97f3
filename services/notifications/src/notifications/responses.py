"""What the API answers."""

from typing import Annotated, Literal
from uuid import UUID

from contracts.values import Frozen, Moment, Points
from contracts.vocabulary import Answer, ClosedReason, Decision, Urgency
from pydantic import ConfigDict, Field

from notifications.domain.forecast import Prospect
from notifications.domain.match import Answered, Decided
from notifications.domain.notice import Kind, NoticeState
from notifications.domain.recruiter import InterestRhythm, RecruiterWishes, SummaryRhythm
from notifications.domain.timeline import Closed, Notified, Opened, Proposed, Step
from notifications.store.bodies import Sent
from notifications.store.deliveries import Delivery
from notifications.store.suppressions import Suppression


class DeliveryView(Frozen):
    """A notice: what was, or is to be, sent to whom, when, and with what outcome."""

    notice_id: UUID
    kind: Kind
    to: Annotated[str | None, Field(description="The address; null before it was sent, and once erased.")]
    assignment_id: UUID | None
    match_id: UUID | None
    profile_id: Annotated[UUID | None, Field(description="Null for a recruiter.")]
    outcome: NoticeState
    detail: Annotated[str | None, Field(description="What the mail server said, or why it was not sent.")]
    attempts: int
    created_at: Moment
    settled_at: Annotated[Moment | None, Field(description="When it ended; null before.")]
    message_id: Annotated[
        UUID | None,
        Field(
            description="What its mail's `Message-ID` begins with; null before it was sent, and once erased."
        ),
    ] = None
    due_at: Annotated[Moment | None, Field(description="When it will go out; null where nothing waits.")] = (
        None
    )


class Newcomer(Frozen):
    """A professional who would be proposed, and their score."""

    profile_id: UUID
    score: Points


class ForecastRequest(Frozen):
    """An opdracht that is not published yet, and who would be proposed for it."""

    urgency: Urgency
    respond_by: Moment
    people: Annotated[list[Newcomer], Field(max_length=200)]


class ForecastItem(Frozen):
    """What would become of a mail to one of them."""

    profile_id: UUID
    prospect: Prospect
    at: Annotated[Moment | None, Field(description="When it would go out; null unless it is `later`.")]


class ForecastView(Frozen):
    """What would become of the mails, if it were published now."""

    items: list[ForecastItem]


def delivery(notice: Delivery) -> DeliveryView:
    """Show a delivery."""
    return DeliveryView(
        notice_id=notice.notice_id,
        kind=notice.kind,
        to=notice.address,
        assignment_id=notice.assignment_id,
        match_id=notice.match_id,
        profile_id=notice.profile_id,
        outcome=notice.state,
        detail=notice.detail,
        attempts=notice.attempts,
        created_at=notice.created_at,
        settled_at=notice.settled_at,
        message_id=notice.message_id,
        due_at=notice.due_at,
    )


class MailView(Frozen):
    """A mail as it was sent. In its links `persoonlijke-link` stands where the token was."""

    notice_id: UUID
    kind: Kind
    to: Annotated[str | None, Field(description="Where it went.")]
    sent_at: Moment | None
    subject: str
    text: str
    html: Annotated[str, Field(description="A whole document, with its styles inline.")]


def mail(sent: Sent) -> MailView:
    """Show a mail."""
    return MailView(
        notice_id=sent.notice_id,
        kind=sent.kind,
        to=sent.address,
        sent_at=sent.sent_at,
        subject=sent.body.subject,
        text=sent.body.text,
        html=sent.body.html,
    )


class SentAgain(Frozen):
    """A notice that is told once more."""

    notice_id: UUID
    outcome: Literal[NoticeState.PENDING] = NoticeState.PENDING
    due_at: Annotated[Moment, Field(description="When it goes out: not earlier.")]


class Released(Frozen):
    """How many addresses get mail again."""

    released: int


class SuppressionView(Frozen):
    """An address that gets no mail, since what, and why."""

    suppression_id: UUID
    profile_id: Annotated[UUID | None, Field(description="Whose it is; null: no professional's.")]
    email: str
    cause: NoticeState
    reason: str
    at: Moment


def suppression(one: Suppression) -> SuppressionView:
    """Show a suppression."""
    return SuppressionView(
        suppression_id=one.suppression_id,
        profile_id=one.profile_id,
        email=one.email,
        cause=one.cause,
        reason=one.reason,
        at=one.at,
    )


class StepView(Frozen):
    """What happened: the opdracht opened, the match was proposed, answered, decided on, or it closed."""

    step: Literal["opened", "proposed"] | Answer | Decision | ClosedReason
    at: Annotated[Moment | None, Field(description="Null where it is not known.")]
    detail: Annotated[str | None, Field(description="The reason that was given.")]


class NoticeStepView(Frozen):
    """A notice to the professional."""

    step: Annotated[str, Field(pattern="^notice_", description="`notice_` and what it tells.")]
    at: Annotated[Moment | None, Field(description="When it ended; null before.")]
    outcome: NoticeState
    due_at: Annotated[Moment | None, Field(description="When it will go out; null where nothing waits.")]
    detail: Annotated[str | None, Field(description="What the mail server said, or why it was not sent.")]


class TimelineView(Frozen):
    """What happened to a match, oldest first."""

    match_id: UUID
    steps: list[NoticeStepView | StepView]


def timeline(match_id: UUID, steps: list[Step]) -> TimelineView:
    """Show a match's timeline."""
    return TimelineView(match_id=match_id, steps=[_step(step) for step in steps])


def _step(step: Step) -> NoticeStepView | StepView:
    match step:
        case Opened(at):
            return StepView(step="opened", at=at, detail=None)
        case Proposed(at):
            return StepView(step="proposed", at=at, detail=None)
        case Notified(kind, state, at, due_at, detail):
            return NoticeStepView(step=f"notice_{kind}", at=at, outcome=state, due_at=due_at, detail=detail)
        case Answered(answer, reason, at):
            return StepView(step=answer, at=at, detail=reason)
        case Decided():
            return StepView(step=step.decision, at=step.at, detail=step.reason)
        case Closed(reason, at):
            return StepView(step=reason, at=at, detail=None)


class ReportTaken(Frozen):
    """Whether a report changed anything: false where no such mail was sent, or this was known of it."""

    taken: bool


class RecruiterPreferences(Frozen):
    """How a recruiter wants their mail."""

    model_config = ConfigDict(extra="forbid")

    summary: Annotated[SummaryRhythm, Field(strict=False, description="When summaries of new matches come.")]
    interest: Annotated[InterestRhythm, Field(strict=False, description="When somebody's interest is told.")]
    quiet_hours: Annotated[bool, Field(description="No mail from 21:00 to 07:00.")]


def recruiter_preferences(wishes: RecruiterWishes) -> RecruiterPreferences:
    """Show a recruiter's preferences."""
    return RecruiterPreferences(
        summary=wishes.summary, interest=wishes.interest, quiet_hours=wishes.quiet_hours
    )
