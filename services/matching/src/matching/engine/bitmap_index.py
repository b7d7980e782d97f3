"""For each value of the closed lists, the rows of the profiles that have it: sets of rows (Roaring bitmaps).

What most profiles fail on, level, specialisms, certificates, contract form and organisation type, is set
algebra on these, a few words of memory for every thousand profiles.

So this restates six of the domain's rules (`domain/rules.py`) a second time, as set algebra. Whoever it
finds is judged by all rules once more, so it can only miss somebody; the test
`test_the_index_finds_exactly_whom_the_rules_on_closed_lists_let_pass` holds the two equal.
"""

from array import array
from functools import reduce

import numpy as np
from contracts.vocabulary import Certificate, ContractForm, Level, OrganisationType, Specialism
from pyroaring import BitMap

from matching.engine.assignments import Assignments
from matching.engine.columnar import Array

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


class BitmapIndex:
    """The rows by value; the population updates it with every change of its rows."""

    def __init__(self) -> None:
        self._sets = {name: [BitMap() for _ in range(size)] for name, size in SIZES.items()}

    def upsert(self, rows: Array, records: Array, again: Array) -> None:
        """Replace what is indexed of the rows by what they hold now; `again`: of those that were indexed."""
        self.remove(again)
        rows = rows.astype(np.uint32)
        for name, sets in self._sets.items():
            bits = np.left_shift(1, records[name]) if name == "level" else records[name]
            for place, held in enumerate(sets):
                held.update(_set_of(rows[(bits & bits.dtype.type(1 << place)) != 0]))

    def remove(self, rows: Array) -> None:
        """Remove rows from every set."""
        if len(rows) == 0:
            return
        gone = _set_of(rows.astype(np.uint32))
        for sets in self._sets.values():
            for held in sets:
                held.difference_update(gone)

    def eligible(self, assignment: Assignments) -> Array:
        """Return the rows that pass the rules on closed lists, in ascending order."""
        sets = [
            self._sets["active"][0],
            self._fitting_level(assignment),
            BitMap.union(BitMap(), *self._having("contract_forms", assignment.contract_forms)),
            *self._having("specialisms", assignment.required),
            *self._having("certificates", assignment.certificates),
        ]
        left = reduce(BitMap.intersection, sorted(sets, key=len))
        left -= self._sets["excluded"][int(assignment.organisation_type[0])]
        return np.frombuffer(left.to_array(), np.uint32).astype(np.int64)

    def _fitting_level(self, assignment: Assignments) -> BitMap:
        levels, wanted = self._sets["level"], int(assignment.level[0])
        fitting = BitMap.union(*levels[wanted : wanted + 2])
        if assignment.open_to_growth[0] and wanted > 0:
            fitting |= levels[wanted - 1] & self._sets["step_up"][0]
        return fitting

    def _having(self, name: str, asked: Array) -> list[BitMap]:
        bits = int(asked[0])
        return [held for place, held in enumerate(self._sets[name]) if bits >> place & 1]


def _set_of(rows: Array) -> BitMap:
    """Return rows, given as uint32, as a set: from a buffer that it copies, and does not go through."""
    return BitMap(array("I", rows.tobytes()))
