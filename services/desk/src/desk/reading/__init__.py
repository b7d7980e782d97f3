"""From a client's mail to the fields of an opdracht, by rules only: the same mail gives the same fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.values import Place
from contracts.vocabulary import (
    Certificate,
    ContractForm,
    Dossier,
    Level,
    OrganisationType,
    Specialism,
    Urgency,
)

from desk.reading import client, days, demands, period, place, role, terms
from desk.reading.found import Found, Other, Words, part
from desk.reading.mail import prepare
from desk.reading.place import KnownPlace

__all__ = ["Found", "KnownPlace", "Other", "Reading", "Words", "read"]


@dataclass(frozen=True)
class Reading:
    """What a mail says of an opdracht, named as in `contracts.facts.AssignmentFacts`.

    What it does not say is None, or an empty tuple. `rate_max_cents` with the value None: the mail says that
    there is no maximum. `respond_by` is a moment in Europe/Amsterdam.
    """

    title: Found[str] | None
    organisation: Found[str] | None
    organisation_type: Found[OrganisationType] | None
    level: Found[Level] | None
    open_to_growth: Found[bool] | None
    required_specialisms: tuple[Found[Specialism], ...]
    desired_specialisms: tuple[Found[Specialism], ...]
    dossiers: tuple[Found[Dossier], ...]
    required_certificates: tuple[Found[Certificate], ...]
    starts_on: Found[date] | None
    ends_on: Found[date] | None
    hours_min: Found[int] | None
    hours_max: Found[int] | None
    place: Found[Place] | None
    onsite_days: Found[int] | None
    rate_max_cents: Found[int | None] | None
    contract_forms: tuple[Found[ContractForm], ...]
    urgency: Found[Urgency] | None
    respond_by: Found[datetime] | None
    positions: Found[int] | None


def read(mail: str, today: date, places: Sequence[KnownPlace]) -> Reading:
    """Return what a client's mail says of an opdracht, each value with the words that led to it.

    `today`: the day on which it is read, for dates without a year and for "vrijdag". `places`: those among
    which the work may be. Takes time in proportion to the mail's length.
    """
    prepared = prepare(mail)
    mentioned = days.mentions(prepared, today)
    title = role.title(prepared)
    body = client.client(prepared)
    hours = terms.hours(prepared, mentioned)
    required, desired = demands.specialisms(prepared, title.words if title else None)
    starts_on = period.starts_on(prepared, mentioned, today)
    return Reading(
        title=title,
        organisation=part(body, lambda one: one.name),
        organisation_type=part(body, lambda one: one.type),
        level=role.level(prepared, title),
        open_to_growth=role.open_to_growth(prepared),
        required_specialisms=required,
        desired_specialisms=desired,
        dossiers=demands.dossiers(prepared),
        required_certificates=demands.certificates(prepared),
        starts_on=starts_on,
        ends_on=period.ends_on(prepared, mentioned, starts_on, today),
        hours_min=part(hours, lambda one: one[0]),
        hours_max=part(hours, lambda one: one[1]),
        place=place.place(prepared, places),
        onsite_days=terms.onsite_days(prepared),
        rate_max_cents=terms.rate(prepared),
        contract_forms=terms.contract_forms(prepared),
        urgency=period.urgency(prepared),
        respond_by=period.respond_by(prepared, mentioned, today),
        positions=terms.positions(prepared),
    )
