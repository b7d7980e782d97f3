"""What matching computes: who almost fits, how far an opdracht reaches, and one pair rule by rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.events import CriterionExplained, Relaxation, RuleBroken
from contracts.vocabulary import Rule

from desk.owners.api import Answer, Owner, Owners, Unreachable


@dataclass(frozen=True)
class NearMiss:
    """Somebody who misses one rule, or none and has too low a score. `score_if`: the score without it."""

    profile_id: UUID
    missing: tuple[RuleBroken, ...]
    score_if: float


@dataclass(frozen=True)
class RuleCount:
    """How many people fail a rule, and how many fail only it."""

    rule: Rule
    rejected: int
    only: int


@dataclass(frozen=True)
class Seat:
    """Somebody who would be proposed, and their score."""

    profile_id: UUID
    score: float


@dataclass(frozen=True)
class Reach:
    """How many people there are and fit, what keeps the others out, and what easing a requirement brings.
    `seated`: who would be proposed; `fitting`: who of those who were asked after fits."""

    population: int
    candidates: int
    rules: tuple[RuleCount, ...]
    relaxations: tuple[Relaxation, ...]
    seated: tuple[Seat, ...]
    fitting: frozenset[UUID]


class RuleOutcome(RuleBroken):
    """A rule, whether it holds for a pair, and what it looked at."""

    holds: bool


@dataclass(frozen=True)
class Pair:
    """One person and one opdracht, rule by rule. `score`: null where a rule fails; `score_if`: what it would
    be if the rules that fail were let go, null of a matching that does not tell; `fits_if`: whether that is
    enough."""

    candidate: bool
    live: bool
    score: float | None
    score_if: float | None
    fits_if: bool
    rules: tuple[RuleOutcome, ...]
    explanation: tuple[CriterionExplained, ...]


async def near(owners: Owners, token: str, assignment_id: UUID, limit: int) -> list[NearMiss]:
    """Return who almost fits, the best first; raises Unreachable."""
    path = f"/assignments/{assignment_id}/near"
    answer = await owners.ask(Owner.MATCHING, "GET", path, token=token, params={"limit": limit})
    return [_near_miss(item) for item in _body(answer)["items"]]


def _near_miss(item: Mapping[str, Any]) -> NearMiss:
    missing = tuple(RuleBroken(rule=Rule(one["rule"]), facts=one["facts"]) for one in item["missing"])
    return NearMiss(UUID(item["profile_id"]), missing, item["score_if"])


async def reach(owners: Owners, token: str, assignment_id: UUID, *, relaxations: bool) -> Reach:
    """Return the reach of an opdracht, which is there sooner without relaxations; raises Unreachable."""
    path = f"/assignments/{assignment_id}/reach"
    params = {"relaxations": str(relaxations).lower()}
    return _reach(_body(await owners.ask(Owner.MATCHING, "GET", path, token=token, params=params)))


async def reach_of(
    owners: Owners, token: str, fields: Mapping[str, Any], asked_after: Sequence[UUID] = ()
) -> Reach | None:
    """Return the reach that an opdracht with these fields would have; None where they are not complete.
    `asked_after`: people, at most 200, to tell of whether they fit. Raises Unreachable."""
    params = {"profile_id": [str(one) for one in asked_after]}
    answer = await owners.ask(Owner.MATCHING, "POST", "/reach", token=token, body=fields, params=params)
    return None if answer.status == 422 else _reach(_body(answer))


def _reach(body: Mapping[str, Any]) -> Reach:
    return Reach(
        population=body["population"],
        candidates=body["candidates"],
        rules=tuple(RuleCount(Rule(one["rule"]), one["rejected"], one["only"]) for one in body["rules"]),
        relaxations=tuple(Relaxation(change=one["change"], adds=one["adds"]) for one in body["relaxations"]),
        seated=tuple(Seat(UUID(one["profile_id"]), one["score"]) for one in body.get("seated", ())),
        fitting=frozenset(UUID(one) for one in body.get("fitting", ())),
    )


async def why_not(owners: Owners, token: str, assignment_id: UUID, profile_id: UUID) -> Pair | None:
    """Return a pair rule by rule; None where one of the two is not known. Raises Unreachable."""
    path = f"/assignments/{assignment_id}/why-not/{profile_id}"
    answer = await owners.ask(Owner.MATCHING, "GET", path, token=token)
    if answer.status == 404:
        return None
    body = _body(answer)
    return Pair(
        candidate=body["candidate"],
        live=body["live"],
        score=body["score"],
        score_if=body.get("score_if"),
        fits_if=body.get("fits_if", False),
        rules=tuple(
            RuleOutcome(rule=Rule(one["rule"]), holds=one["holds"], facts=one["facts"])
            for one in body["rules"]
        ),
        explanation=tuple(
            CriterionExplained.model_validate(one, strict=False) for one in body["explanation"]
        ),
    )


async def decide(owners: Owners, token: str, match_id: UUID, decision: Mapping[str, Any], key: str) -> Answer:
    """Decide on a match: the body of `POST /matches/{id}/decision`; `key`: one for each form. Raises
    Unreachable."""
    path = f"/matches/{match_id}/decision"
    return await owners.ask(Owner.MATCHING, "POST", path, token=token, body=decision, key=key)


def _body(answer: Answer) -> Any:
    if not answer.ok:
        raise Unreachable(Owner.MATCHING)  # it does not know (yet) what the topics have told the desk
    return answer.body


async def selection(owners: Owners, token: str) -> list[dict[str, Any]]:
    """Return who is proposed how often, by group, as `GET /selection` answers it. Raises Unreachable."""
    answer = await owners.ask(Owner.MATCHING, "GET", "/selection", token=token)
    return list(_body(answer)["rates"])


@dataclass(frozen=True)
class HeldBack:
    """What keeps a group's active people back who were not proposed. `rules`: how many miss each alone, for
    at least one of so many open opdrachten; the most first."""

    professionals: int
    assignments: int
    rules: tuple[tuple[Rule, int], ...]


async def held_back(owners: Owners, token: str, group: str, value: str) -> HeldBack | None:
    """Return what keeps a group back; None where there is no such group. Raises Unreachable."""
    params = {"group": group, "value": value}
    answer = await owners.ask(Owner.MATCHING, "GET", "/selection/held-back", token=token, params=params)
    if answer.status in {404, 422}:
        return None
    body = _body(answer)
    rules = tuple((Rule(one["rule"]), one["professionals"]) for one in body["rules"])
    return HeldBack(body["professionals"], body["assignments"], rules)


async def fitting(owners: Owners, token: str, profile_id: str) -> int | None:
    """Ask how many open opdrachten fit a professional now; None where matching does not know them yet. Raises
    Unreachable."""
    path = f"/profiles/{profile_id}/what-if"
    answer = await owners.ask(Owner.MATCHING, "POST", path, token=token, body={"changes": {}})
    return int(answer.body["now"]) if answer.ok else None
