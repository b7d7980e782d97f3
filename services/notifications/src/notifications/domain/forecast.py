"""Whom a mail on a new match would reach, and when, if it were proposed now. Pure: the moment is given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.vocabulary import Urgency

from notifications.domain import schedule
from notifications.domain.contact import Recipient
from notifications.domain.notice import NoticeState
from notifications.domain.outbound import unwelcome


class Prospect(StrEnum):
    """What would become of a mail. `unknown`: the professional's address is not here (yet); `unconfirmed`:
    they are asked first whether mails may come."""

    NOW = "now"
    LATER = "later"
    UNWANTED = "unwanted"
    SUPPRESSED = "suppressed"
    MISSED = "missed"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class Forecast:
    """What would become of a mail to somebody. `at`: when it would go, where that is later."""

    prospect: Prospect
    at: datetime | None = None


def forecast(
    recipient: Recipient | None,
    score: float,
    urgency: Urgency,
    respond_by: datetime,
    sent_today: int,
    now: datetime,
) -> Forecast:
    """Return what would become of a mail to somebody. `recipient`: None where they are not known;
    `sent_today` as `schedule.plan` takes it."""
    if recipient is None:
        return Forecast(Prospect.UNKNOWN)
    ending = unwelcome(recipient, score)
    if ending is not None:
        suppressed = ending.state is NoticeState.SUPPRESSED
        return Forecast(Prospect.SUPPRESSED if suppressed else Prospect.UNWANTED)
    plan = schedule.plan(
        recipient.preferences,
        urgent=urgency is Urgency.SPOED,
        sent_today=sent_today,
        respond_by=respond_by,
        now=now,
    )
    if plan is None or now >= respond_by:
        return Forecast(Prospect.MISSED)
    if recipient.unconfirmed:
        return Forecast(Prospect.UNCONFIRMED)
    return Forecast(Prospect.LATER, plan.due_at) if plan.due_at > now else Forecast(Prospect.NOW)
