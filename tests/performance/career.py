"""The career view alone: ten thousand opdrachten in the market, a hundred thousand professionals.

Opdrachten are put together from parts of the example's, as the professionals are. The peers give the same
answers: `reference` is the plain one of the tests, `one_by_one` asks what-if for each change and each pair.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.facts import ProfileFacts
from matching import career_responses
from matching.domain.outlook.changes import Change, changes
from matching.domain.outlook.levers import Levers, levers
from matching.domain.outlook.market import Market
from matching.domain.outlook.view import outlook
from matching.domain.outlook.what_if import what_if
from matching.engine.profiles import Profiles
from performance.people import SEED, facts, opdrachten
from performance.rows import Row, better
from support import career_reference as reference
from support import markets

PROFESSIONALS, ASSIGNMENTS = 100_000, 10_000
ASKED, ASKED_ONE_BY_ONE = 100, 3
TODAY = date(2026, 11, 24)
PARTS_OF_FACTS = (
    ("level", "open_to_growth", "rate_max_cents"),
    ("required_specialisms", "desired_specialisms", "dossiers", "required_certificates"),
    ("place", "onsite_days"),
    ("starts_on", "ends_on", "urgency"),
    ("hours_min", "hours_max", "contract_forms", "organisation"),
)


def run(_folder: Path) -> list[Row]:
    """Measure: the 95th percentile over some professionals."""
    people, drawn = list(facts(PROFESSIONALS)), _draw()
    everybody = markets.everybody(people)
    asking = [markets.profile(one) for one in people[:ASKED]]
    half = markets.market(drawn)
    views = [_timed(partial(outlook, one, half, everybody, TODAY)) for one in asking]
    plainly, expected = _timed(partial(reference.outlook, people[0], people, drawn, TODAY))
    assert reference.close(career_responses.outlook(views[0][1]).model_dump()["demand"], expected["demand"])
    all_open = markets.market({**one, "open": True} for one in drawn)
    pulled = [_timed(partial(_levers, one, all_open)) for one in asking]
    one_by_one = [_timed(partial(_one_by_one, one, all_open)) for one in asking[:ASKED_ONE_BY_ONE]]
    assert [best for _, best in one_by_one] == [_best(found) for _, found in pulled[:ASKED_ONE_BY_ONE]]
    slowly = statistics.mean(seconds for seconds, _ in one_by_one)
    return [
        better("outlook_100k", _p95(views) * 1000, "ms", "reference", plainly * 1000),
        better("levers_10k_assignments", _p95(pulled) * 1000, "ms", "one_by_one", slowly * 1000),
    ]


def _draw() -> list[dict[str, Any]]:
    """Draw opdrachten as JSON values, every other one of them open."""
    draw = random.Random(SEED)
    examples = [one.model_dump(mode="json") for one in opdrachten()]
    drawn = []
    for number in range(ASSIGNMENTS):
        one = dict(draw.choice(examples))
        for part in PARTS_OF_FACTS:
            example = draw.choice(examples)
            one |= {name: example[name] for name in part}
        opened_on = TODAY - timedelta(days=draw.randint(0, 364))
        drawn.append({**one, "id": UUID(int=number), "open": number % 2 == 0, "opened_on": opened_on})
    return drawn


def _levers(one: ProfileFacts, market: Market) -> Levers:
    return levers(one, market.open_without(()), market.of_year(TODAY))


def _best(found: Levers) -> int:
    return max([0, *(one.adds for one in (*found.items, *([found.pair] if found.pair else [])))])


def _one_by_one(one: ProfileFacts, market: Market) -> int:
    """Return what the best lever adds, by a question for each."""
    tried = [change for change in changes(one) if change.field != "rate_min_cents"]
    pairs = [pair for pair in combinations(tried, 2) if pair[0].field != pair[1].field]
    now, opened = Profiles.single(one), market.open
    sets: list[Sequence[Change]] = [*([change] for change in tried), *pairs]
    return max(len(what_if(now, _changed(one, some), opened).gained) for some in sets)


def _changed(one: ProfileFacts, some: Sequence[Change]) -> Profiles:
    return Profiles.single(one.model_copy(update={change.field: change.value for change in some}))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of some work, and its answer."""
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def _p95(measured: Sequence[tuple[float, Any]]) -> float:
    return statistics.quantiles([seconds for seconds, _ in measured], n=20)[-1]
