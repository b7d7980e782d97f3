"""The closed lists of docs/reference/matching.md. A list grows by adding; no value is renamed or reused."""

from enum import StrEnum


class Level(StrEnum):
    """Niveau, from the lowest to the highest."""

    JUNIOR = "junior"
    MEDIOR = "medior"
    SENIOR = "senior"
    STRATEGISCH = "strategisch"


class OrganisationType(StrEnum):
    """The kind of public body that hires."""

    GEMEENTE = "gemeente"
    PROVINCIE = "provincie"
    MINISTERIE = "ministerie"
    WATERSCHAP = "waterschap"
    UITVOERINGSORGANISATIE = "uitvoeringsorganisatie"
    SEMIPUBLIEK = "semipubliek"
    ZORG = "zorg"
    ONDERWIJS = "onderwijs"
    GEMEENSCHAPPELIJKE_REGELING = "gemeenschappelijke-regeling"
    KOEPEL = "koepel"


class Specialism(StrEnum):
    """A craft within communication."""

    CRISISCOMMUNICATIE = "crisiscommunicatie"
    CAMPAGNES = "campagnes"
    VERANDERCOMMUNICATIE = "verandercommunicatie"
    INTERNE_COMMUNICATIE = "interne-communicatie"
    STAKEHOLDERMANAGEMENT = "stakeholdermanagement"
    WOORDVOERING = "woordvoering"
    PARTICIPATIE = "participatie"
    GEDRAGSVERANDERING = "gedragsverandering"
    STRATEGISCHE_COMMUNICATIE = "strategische-communicatie"
    BESTUURSCOMMUNICATIE = "bestuurscommunicatie"
    PROCESREGIE = "procesregie"
    PROJECTLEIDING = "projectleiding"
    ONLINE_COMMUNICATIE = "online-communicatie"
    REDACTIE = "redactie"
    VERKIEZINGSCOMMUNICATIE = "verkiezingscommunicatie"
    PUBLIEKSVOORLICHTING = "publieksvoorlichting"
    OMGEVINGSCOMMUNICATIE = "omgevingscommunicatie"
    ARBEIDSMARKTCOMMUNICATIE = "arbeidsmarktcommunicatie"
    BEGRIJPELIJKE_TAAL = "begrijpelijke-taal"
    BEELD_EN_VIDEO = "beeld-en-video"
    EVENEMENTEN = "evenementen"
    MEDIA_ANALYSE = "media-analyse"


class Dossier(StrEnum):
    """A policy field."""

    RUIMTELIJKE_ORDENING = "ruimtelijke-ordening"
    ECONOMISCHE_ONTWIKKELING = "economische-ontwikkeling"
    KLIMAAT = "klimaat"
    ENERGIETRANSITIE = "energietransitie"
    DIGITALISERING = "digitalisering"
    SOCIALE_COHESIE = "sociale-cohesie"
    VERKIEZINGEN = "verkiezingen"
    CRISIS = "crisis"
    ZORG = "zorg"
    ONDERWIJS = "onderwijs"
    MOBILITEIT = "mobiliteit"
    WONEN = "wonen"
    VEILIGHEID = "veiligheid"
    ASIEL = "asiel"
    FINANCIEN = "financien"
    WATER = "water"
    ARMOEDE = "armoede"
    MILIEU = "milieu"
    LANDBOUW_EN_NATUUR = "landbouw-en-natuur"
    CULTUUR_EN_SPORT = "cultuur-en-sport"
    HERINDELING = "herindeling"
    ARBEIDSMARKT = "arbeidsmarkt"
    DIENSTVERLENING = "dienstverlening"


class ContractForm(StrEnum):
    """Contractvorm."""

    ZZP = "zzp"
    DETACHERING = "detachering"
    LOONDIENST = "loondienst"


class Certificate(StrEnum):
    """A certificate that a client may require."""

    CRISISCOMMUNICATIE = "crisiscommunicatie"
    STRATEGISCHE_COMMUNICATIE = "strategische-communicatie"
    STAKEHOLDERMANAGEMENT = "stakeholdermanagement"
    GEDRAGSVERANDERING = "gedragsverandering"
    PARTICIPATIE = "participatie"
    POLITIEK_BESTUURLIJKE_SENSITIVITEIT = "politiek-bestuurlijke-sensitiviteit"
    LEIDERSCHAP = "leiderschap"
    PRINCE2 = "prince2"


class Criterion(StrEnum):
    """What a score is made of, in the order in which an explanation lists it."""

    SPECIALISMS = "specialisms"
    DOSSIERS = "dossiers"
    SECTOR = "sector"
    AMBITION = "ambition"
    AVAILABILITY = "availability"
    RATE = "rate"
    DISTANCE = "distance"


class Rule(StrEnum):
    """The knock-out rules, in the order in which they are explained.

    `probe` (both are the probe's or neither is) is named only where it fails: people never meet it.
    """

    PROBE = "probe"
    ACTIVE = "active"
    LEVEL = "level"
    SPECIALISMS = "specialisms"
    CERTIFICATES = "certificates"
    AVAILABILITY = "availability"
    HOURS = "hours"
    RATE = "rate"
    DISTANCE = "distance"
    CONTRACT_FORM = "contract_form"
    ORGANISATION = "organisation"
    UNANSWERED = "unanswered"


class Role(StrEnum):
    """What a caller may be, in a token's `roles`."""

    RECRUITER = "recruiter"
    OPERATOR = "operator"
    PROFESSIONAL = "professional"
    DESK = "desk"
    """The desk itself, for whom nobody is signed in yet."""


PEOPLE = (Role.RECRUITER, Role.OPERATOR, Role.PROFESSIONAL)
"""The roles of people who are signed in."""


class ProfileStatus(StrEnum):
    """Whether a professional wants opdrachten now."""

    ACTIVE = "active"
    PAUSED = "paused"


class Direction(StrEnum):
    """Depth: one kind of organisation again. Breadth: many kinds."""

    DEPTH = "depth"
    BREADTH = "breadth"


class Urgency(StrEnum):
    """`spoed` starts at once."""

    NORMAAL = "normaal"
    SPOED = "spoed"


class Frequency(StrEnum):
    """How often a professional wants mail."""

    DIRECT = "direct"
    DAILY = "daily"
    WEEKLY = "weekly"
    NONE = "none"


class ClosedReason(StrEnum):
    """Why an assignment closed."""

    FILLED = "filled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class PlacementState(StrEnum):
    """Where a placement is in its life."""

    AGREED = "agreed"
    ENDED = "ended"


class EndedReason(StrEnum):
    """Why a placement ended. `cancelled`: it does not count, as if it had never been."""

    COMPLETED = "completed"
    EARLY = "early"
    CANCELLED = "cancelled"


class CommitmentKind(StrEnum):
    """What work beside opdrachten is: a permanent job, or the person's own."""

    VAST = "vast"
    EIGEN = "eigen"


class WithdrawalReason(StrEnum):
    """Why a live proposal was withdrawn."""

    ASSIGNMENT_CHANGED = "assignment_changed"
    ASSIGNMENT_CLOSED = "assignment_closed"
    PROFILE_CHANGED = "profile_changed"
    PROFILE_ERASED = "profile_erased"
    POLICY_CHANGED = "policy_changed"


class Answer(StrEnum):
    """What the professional answers."""

    INTERESTED = "interested"
    DECLINED = "declined"


class Decision(StrEnum):
    """What the recruiter decides. `reopened` takes the latest decision back."""

    INVITED = "invited"
    NOMINATED = "nominated"
    REJECTED = "rejected"
    REOPENED = "reopened"


class CheckIn(StrEnum):
    """How somebody who is at work says that it goes. `wil-praten`: they want to be called."""

    GOED = "goed"
    GAAT_WEL = "gaat-wel"
    WIL_PRATEN = "wil-praten"


class ReasonCode(StrEnum):
    """Why a recruiter rejects, in a word that has a sentence of its own in the mail."""

    TARIEF = "tarief"
    BESCHIKBAARHEID = "beschikbaarheid"
    ERVARING = "ervaring"
    SPECIALISME = "specialisme"
    REISTIJD = "reistijd"
    CONTRACTVORM = "contractvorm"
    OPDRACHTGEVER_KOOS_ANDER = "opdrachtgever-koos-ander"
    ANDERS = "anders"


class NoticeKind(StrEnum):
    """What a notice tells.

    A professional: of a match (anew, where they asked for it later) or of several, or what became of a match
    after the answer; that their address changed, at the new one (moved) and at the former one (left); that
    they are asked whether mails may come (consent), or whether they stay; of their work: that it is agreed,
    or agreed otherwise, how it goes two weeks after its start, halfway and eight weeks before its end, and
    what to look after once it ended, or that it is off (ended); what would bring them opdrachten after a
    month without any; or what a colleague asks them. A recruiter: of new matches, of somebody's interest or
    of nobody's, of somebody who was interested and is no longer there, of an opdracht that ends by itself
    soon, of work that was agreed (placed), or that somebody who is at work wants to talk (or to their coach).
    """

    MATCH = "match"
    LATER = "later"
    DIGEST = "digest"
    ANSWERED = "answered"
    CHANGED = "changed"
    DROPPED = "dropped"
    INVITED = "invited"
    NOMINATED = "nominated"
    REJECTED = "rejected"
    REOPENED = "reopened"
    CLOSED = "closed"
    MOVED = "moved"
    LEFT = "left"
    CONSENT = "consent"
    STAY = "stay"
    AGREED = "agreed"
    STARTED = "started"
    HALFWAY = "halfway"
    ENDING = "ending"
    ENDED = "ended"
    SILENCE = "silence"
    QUESTION = "question"
    SUMMARY = "summary"
    INTEREST = "interest"
    WARNING = "warning"
    RETREAT = "retreat"
    EXPIRING = "expiring"
    PLACED = "placed"
    TALK = "talk"


class NoticeOutcome(StrEnum):
    """How a notice ended. `missed`: there was no allowed moment left before `respond_by`."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    UNWANTED = "unwanted"
    EXPIRED = "expired"
    MISSED = "missed"
