"""What other facts would bring: of which open assignments one becomes a candidate, and of which no longer."""

from dataclasses import dataclass

import numpy as np

from matching.domain import rules
from matching.domain.judging import judge
from matching.engine.assignments import Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles


@dataclass(frozen=True)
class WhatIf:
    """Of how many assignments one is a candidate now and `then`, with other facts.

    `gained`: the best first, with the score and whether it would be growth of each; `lost`: by id.
    """

    now: int
    then: int
    gained: Assignments
    score: Array
    growth: Array
    lost: Assignments


def what_if(now: Profiles, then: Profiles, assignments: Assignments) -> WhatIf:
    """Compare one profile as it is with the same one as it would be. Neither has ended an assignment."""
    before, after = judge(now, assignments), judge(then, assignments)
    places = np.flatnonzero(after.candidate & ~before.candidate)
    places = places[np.lexsort((assignments.id[places], -after.score[places]))]
    lost = np.flatnonzero(before.candidate & ~after.candidate)
    return WhatIf(
        now=int(np.count_nonzero(before.candidate)),
        then=int(np.count_nonzero(after.candidate)),
        gained=assignments.select(places),
        score=after.score[places],
        growth=np.broadcast_to(rules.growth(then, assignments), len(assignments))[places],
        lost=assignments.select(lost[np.argsort(assignments.id[lost])]),
    )
