"""What a recruiter's decision says to the professional: a text for each decision and for each reason."""

import re
from collections.abc import Mapping

from contracts.vocabulary import Decision, ReasonCode

Code = Decision | ReasonCode
LONGEST = 5000
PLACEHOLDERS = ("naam", "opdracht")
_PLACEHOLDER = re.compile(r"\{([^{}\n]{0,40})\}")

DEFAULTS: Mapping[Code, str] = {
    Decision.INVITED: "Hallo {naam},\n\nGoed nieuws: de opdrachtgever wil kennis met je maken voor de opdracht "
    "“{opdracht}”. Laat je me weten of het moment je past?",
    Decision.NOMINATED: "Hallo {naam},\n\nWe hebben je voorgedragen voor de opdracht “{opdracht}”. Zodra we iets "
    "van de opdrachtgever horen, laat ik het je weten.",
    ReasonCode.TARIEF: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. Je tarief past helaas niet "
    "binnen het budget van de opdrachtgever.",
    ReasonCode.BESCHIKBAARHEID: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De opdrachtgever "
    "zoekt iemand die in een andere periode of voor andere uren beschikbaar is.",
    ReasonCode.ERVARING: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De opdrachtgever zoekt "
    "iemand met andere ervaring.",
    ReasonCode.SPECIALISME: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De opdrachtgever zoekt "
    "iemand met een ander vakgebied.",
    ReasonCode.REISTIJD: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De reistijd is voor deze "
    "opdracht helaas te lang.",
    ReasonCode.CONTRACTVORM: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De opdrachtgever werkt "
    "met een andere contractvorm.",
    ReasonCode.OPDRACHTGEVER_KOOS_ANDER: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. De "
    "opdrachtgever heeft voor iemand anders gekozen.",
    ReasonCode.ANDERS: "Hallo {naam},\n\nBedankt voor je interesse in “{opdracht}”. Helaas gaan we voor deze "
    "opdracht niet met je verder.",
}


def filled(text: str, naam: str, opdracht: str) -> str:
    """Return a text with the name and the opdracht in it; what these have of braces stays as it is."""
    values = {"naam": naam, "opdracht": opdracht}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces and nothing fills."""
    return [found[0] for found in _PLACEHOLDER.finditer(text) if found[1] not in PLACEHOLDERS]
