"""The cuts of assignments, and who has the seats that they were made from."""

from uuid import UUID

from matching.domain.seats import Cut
from matching.engine.columnar import Array


class Cuts:
    """A cut of each of some assignments, found also by the rows of the population that have its seats."""

    def __init__(self) -> None:
        self._cuts: dict[UUID, Cut] = {}
        self._seated_in: dict[int, set[UUID]] = {}

    def get(self, assignment_id: UUID) -> Cut | None:
        """Return an assignment's cut, if there is one."""
        return self._cuts.get(assignment_id)

    def put(self, assignment_id: UUID, cut: Cut) -> None:
        """Keep the cut of an assignment that has none."""
        self._cuts[assignment_id] = cut
        for row in cut.rows:
            self._seated_in.setdefault(row, set()).add(assignment_id)

    def drop(self, assignment_id: UUID) -> bool:
        """Drop an assignment's cut; tell whether there was one."""
        cut = self._cuts.pop(assignment_id, None)
        if cut is None:
            return False
        for row in cut.rows:
            seated = self._seated_in[row]
            seated.discard(assignment_id)
            if not seated:
                del self._seated_in[row]
        return True

    def drop_of(self, rows: Array) -> set[UUID]:
        """Drop the cuts in which a row has a seat; return whose they were."""
        if not self._seated_in:
            return set()
        seated = self._seated_in.keys() & rows.tolist()
        dropped = {assignment_id for row in seated for assignment_id in self._seated_in[row]}
        for assignment_id in dropped:
            self.drop(assignment_id)
        return dropped
