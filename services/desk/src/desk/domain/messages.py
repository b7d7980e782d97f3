"""What a recruiter's decision says to the professional: a text for each decision and for each reason."""

import re
from collections.abc import Mapping

from contracts.vocabulary import Decision, ReasonCode

from desk.domain.deciding import STANDARD

Code = Decision | ReasonCode
LONGEST = 5000
_PLACEHOLDER = re.compile(r"\{[^{}\n]*\}")
_PLACEHOLDERS = {"{naam}", "{opdracht}"}

_THANKS = "Dag {naam},\n\nDank je wel voor je interesse in “{opdracht}”. "
_CALL = " Bel me gerust als je daar meer over wilt weten."
_BECAUSE = {
    ReasonCode.TARIEF: "Je tarief past helaas niet binnen het budget van de opdrachtgever.",
    ReasonCode.BESCHIKBAARHEID: "De opdrachtgever zoekt iemand voor een andere periode of andere uren.",
    ReasonCode.ERVARING: "De opdrachtgever zoekt iemand met andere ervaring.",
    ReasonCode.SPECIALISME: "De opdrachtgever zoekt iemand met een ander vakgebied.",
    ReasonCode.REISTIJD: "De reistijd is voor deze opdracht helaas te lang.",
    ReasonCode.CONTRACTVORM: "De opdrachtgever werkt met een andere contractvorm.",
    ReasonCode.OPDRACHTGEVER_KOOS_ANDER: "De opdrachtgever heeft voor iemand anders gekozen.",
    ReasonCode.ANDERS: "Ik draag je deze keer niet voor.",
}
DEFAULTS: Mapping[Code, str] = {
    **dict[Code, str](STANDARD.items()),
    **{code: f"{_THANKS}{because}{_CALL}" for code, because in _BECAUSE.items()},
}


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces and nothing fills."""
    return [found for found in _PLACEHOLDER.findall(text) if found not in _PLACEHOLDERS]
