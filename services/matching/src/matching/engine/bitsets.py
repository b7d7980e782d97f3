"""Sets of vocabulary values as the bits of an integer; a value's place in its list is its bit."""

from collections.abc import Iterable
from enum import StrEnum

from contracts.vocabulary import Certificate, ContractForm, Dossier, Level, OrganisationType, Specialism


class Bits:
    """One closed list."""

    def __init__(self, values: type[StrEnum]) -> None:
        self._names = [value.value for value in values]
        self._place = {name: place for place, name in enumerate(self._names)}
        self._bit = {name: 1 << place for name, place in self._place.items()}
        self._name = {bit: name for name, bit in self._bit.items()}

    def __repr__(self) -> str:
        return f"Bits({self._names})"

    def place(self, value: str) -> int:
        """Return a value's place in the list."""
        return self._place[value]

    def pack(self, values: Iterable[str]) -> int:
        """Return a set as bits."""
        return sum(map(self._bit.__getitem__, values))

    def names(self, bits: int) -> list[str]:
        """Return the values of a set, in the list's order."""
        names = []
        while bits:
            lowest = bits & -bits
            names.append(self._name[lowest])
            bits ^= lowest
        return names

    def name(self, place: int) -> str:
        """Return the value at a place."""
        return self._names[place]


LEVELS = Bits(Level)
ORGANISATION_TYPES = Bits(OrganisationType)
SPECIALISMS = Bits(Specialism)
DOSSIERS = Bits(Dossier)
CERTIFICATES = Bits(Certificate)
CONTRACT_FORMS = Bits(ContractForm)
