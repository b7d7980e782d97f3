"""Dutch: all that an opdracht asks and offers, in groups, as its recruiter reads it."""

from collections.abc import Sequence

from contracts.facts import AssignmentFacts
from contracts.vocabulary import Rule, Urgency
from words import criteria, nl
from words.legible import line, plain

Rows = Sequence[tuple[str, str]]
NOTHING = "niets"


def groups(facts: AssignmentFacts) -> Sequence[tuple[str, Rows]]:
    """Return headings, each with names and values; the title and the description stand elsewhere."""
    return (
        ("De opdracht", _offered(facts)),
        ("Eisen: wie er een niet haalt, wordt niet voorgesteld", _required(facts)),
        ("Wensen", _wished(facts)),
        ("Gunningspunten", _weighed(facts)),
        ("Recruiter", _recruiter(facts)),
    )


def asked(facts: AssignmentFacts) -> dict[Rule, str]:
    """Return what each hard rule asks of somebody, for this opdracht."""
    row = dict(_required(facts))
    return {
        Rule.ACTIVE: "wil nu opdrachten",
        Rule.LEVEL: row["Niveau"],
        Rule.SPECIALISMS: row["Verplichte specialismen"],
        Rule.CERTIFICATES: row["Verplichte certificaten"],
        Rule.AVAILABILITY: row["Periode"],
        Rule.HOURS: row["Uren"],
        Rule.RATE: row["Tarief"],
        Rule.DISTANCE: f"{row['Plaats']}, binnen de afstand die iemand wil reizen",
        Rule.CONTRACT_FORM: row["Contractvorm"],
        Rule.ORGANISATION: f"wil werken voor {criteria.ORGANISATIONS[facts.organisation.type]}",
        Rule.UNANSWERED: "zei geen nee, en is niet afgewezen",
    }


def differences(before: AssignmentFacts, after: AssignmentFacts) -> list[tuple[str, str, str]]:
    """Return the names of what differs, with what it was and what it became."""
    old, new = _all(before), _all(after)
    names = dict.fromkeys([*old, *new])
    return [
        (name, old.get(name, NOTHING), new.get(name, NOTHING))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _all(facts: AssignmentFacts) -> dict[str, str]:
    named = {name: value for heading, rows in groups(facts)[:4] for name, value in rows}
    recruiter = {f"Recruiter: {name.lower()}": value for name, value in _recruiter(facts)}
    return {"Titel": line(facts.title), **named, **recruiter, "Omschrijving": plain(facts.description)}


def _required(facts: AssignmentFacts) -> Rows:
    growth = ", ook voor wie dit een stap omhoog is" if facts.open_to_growth else ""
    return (
        ("Niveau", nl.level(facts.level) + growth),
        ("Verplichte specialismen", nl.terms(facts.required_specialisms) or "geen"),
        ("Verplichte certificaten", nl.terms(facts.required_certificates) or "geen"),
        ("Periode", f"{nl.day(facts.starts_on)} tot en met {nl.day(facts.ends_on)}"),
        ("Uren", nl.hours(facts.hours_min, facts.hours_max)),
        ("Tarief", nl.rate(facts.rate_max_cents)),
        ("Plaats", f"{line(facts.place.name)}, {nl.onsite(facts.onsite_days)}"),
        ("Contractvorm", nl.choices(facts.contract_forms)),
    )


def _offered(facts: AssignmentFacts) -> Rows:
    return (
        ("Opdrachtgever", f"{line(facts.organisation.name)} ({nl.term(facts.organisation.type)})"),
        ("Reden van de inhuur", line(facts.reason)),
        ("Reageren kan tot", nl.moment(facts.respond_by)),
        ("Spoed", "ja" if facts.urgency is Urgency.SPOED else "nee"),
        ("Aantal plekken", str(facts.positions)),
    )


def _wished(facts: AssignmentFacts) -> Rows:
    return (
        ("Gewenste specialismen", nl.terms(facts.desired_specialisms) or "geen"),
        ("Dossiers", nl.terms(facts.dossiers) or "geen"),
    )


def _weighed(facts: AssignmentFacts) -> Rows:
    if facts.weights is None:
        return (("Verdeling", "de gewone"),)
    return tuple((criteria.NAMES[one], f"{points} van de 100") for one, points in facts.weights.items())


def _recruiter(facts: AssignmentFacts) -> Rows:
    recruiter = facts.recruiter
    rows = (("Naam", line(recruiter.name)), ("E-mailadres", recruiter.email))
    return (*rows, ("Telefoonnummer", recruiter.phone)) if recruiter.phone else rows
