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
    """The knock-out rules, in the order in which they are explained."""

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


class WithdrawalReason(StrEnum):
    """Why a live proposal was withdrawn."""

    ASSIGNMENT_CHANGED = "assignment_changed"
    ASSIGNMENT_CLOSED = "assignment_closed"
    PROFILE_CHANGED = "profile_changed"
    PROFILE_ERASED = "profile_erased"


class Answer(StrEnum):
    """What the professional answers."""

    INTERESTED = "interested"
    DECLINED = "declined"


class Decision(StrEnum):
    """What the recruiter decides."""

    NOMINATED = "nominated"
    REJECTED = "rejected"
