"""For each value of the closed lists, the rows of the profiles that have it: sets of rows (Roaring bitmaps).

What clients knock out by first, level, specialisms, certificates, contract form and organisation type, is
set algebra on these, a few words of memory for every thousand profiles. The rules stay where they are:
whoever this finds is judged by them once more, on every fact.
"""

from functools import reduce

import numpy as np
from contracts.vocabulary import Certificate, ContractForm, Level, OrganisationType, Specialism
from pyroaring import BitMap

from matching.domain.question import Question
from matching.domain.table import Array

# Column → how many values it may have. All but a level are bits.
SIZES = {
    "active": 1,
    "step_up": 1,
    "level": len(Level),
    "specialisms": len(Specialism),
    "certificates": len(Certificate),
    "contract_forms": len(ContractForm),
    "excluded": len(OrganisationType),
}


class Index:
    """The rows by value, kept level with the population."""

    def __init__(self) -> None:
        self._sets = {name: [BitMap() for _ in range(size)] for name, size in SIZES.items()}

    def put(self, rows: Array, records: Array) -> None:
        """Take what the rows now hold in the place of what they held."""
        changed = BitMap(rows.astype(np.uint32))
        for name, sets in self._sets.items():
            bits = np.left_shift(1, records[name]) if name == "level" else records[name]
            for place, held in enumerate(sets):
                held.difference_update(changed)
                having = rows[(bits >> place & 1) != 0]
                if len(having):
                    held.update(BitMap(having.astype(np.uint32)))

    def remove(self, rows: Array) -> None:
        """Forget rows."""
        gone = BitMap(rows.astype(np.uint32))
        for sets in self._sets.values():
            for held in sets:
                held.difference_update(gone)

    def eligible(self, question: Question) -> Array:
        """Return the rows that pass the rules on closed lists, in ascending order."""
        sets = [
            self._sets["active"][0],
            self._fitting_level(question),
            BitMap.union(BitMap(), *self._having("contract_forms", question.contract_forms)),
            *self._having("specialisms", question.required),
            *self._having("certificates", question.certificates),
        ]
        left = reduce(BitMap.intersection, sorted(sets, key=len))
        left -= self._sets["excluded"][int(question.organisation_type[0])]
        return np.frombuffer(left.to_array(), np.uint32).astype(np.int64)

    def _fitting_level(self, question: Question) -> BitMap:
        levels, wanted = self._sets["level"], int(question.level[0])
        fitting = BitMap.union(*levels[wanted : wanted + 2])
        if question.open_to_growth[0] and wanted > 0:
            fitting |= levels[wanted - 1] & self._sets["step_up"][0]
        return fitting

    def _having(self, name: str, asked: Array) -> list[BitMap]:
        bits = int(asked[0])
        return [held for place, held in enumerate(self._sets[name]) if bits >> place & 1]
