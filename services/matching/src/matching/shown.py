"""Matches, reach and why-not as the API shows them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from contracts.vocabulary import Rule

from matching.domain import policy, ranking, rules
from matching.domain.population import Profiles
from matching.domain.question import Question
from matching.domain.reach import Reach
from matching.domain.settlement import Pair, match_id


def match(row: asyncpg.Record) -> dict[str, Any]:
    """Show a match of the database."""
    names = ("match_id", "assignment_id", "profile_id")
    return {
        **{name: str(row[name]) for name in names},
        "revision": row["revision"],
        "score": row["score"],
        "growth": row["growth"],
        "state": _state(row),
        "explanation": row["explanation"],
        "policy": row["policy"],
        "proposed_at": row["proposed_at"].isoformat(),
    }


def _state(row: asyncpg.Record) -> str:
    if row["decision"] is not None:
        return str(row["decision"])
    if row["answer"] is not None:
        return str(row["answer"])
    return "proposed" if row["live"] else "withdrawn"


def reach(
    answer: Reach, question: Question, assignment_id: UUID | None, pairs: Mapping[UUID, Pair]
) -> dict[str, Any]:
    """Show a reach; of the best, a revision only where they are live for an open assignment."""
    best = []
    found = answer.found.best(policy.BEST)
    explained = ranking.explanations(found.profiles, question)
    for index, profile_id in enumerate(found.ids()):
        pair = pairs.get(profile_id)
        live = pair if pair is not None and pair.live else None
        best.append(
            {
                "match_id": assignment_id and match_id(assignment_id, profile_id),
                "profile_id": profile_id,
                "revision": live and live.revision,
                "score": float(found.score[index]),
                "growth": bool(found.growth[index]),
                "explanation": explained[index],
                "policy": policy.VERSION,
                "proposed_at": live and live.proposed_at,
            }
        )
    return {
        "population": answer.population,
        "candidates": len(answer.found),
        "rules": [
            {"rule": rule, "rejected": rejected, "only": only} for rule, rejected, only in answer.rules
        ],
        "relaxations": [{"change": change, "adds": adds} for change, adds in answer.relaxations],
        "best": best,
    }


def why_not(row: Profiles, question: Question, *, live: bool) -> dict[str, Any]:
    """Show one pair: every rule with its facts, and the score where all rules hold."""
    holds = {rule: bool(rules.RULES[rule](row, question)[0]) for rule in Rule}
    score, explanation = None, []
    if all(holds.values()):
        score = float(ranking.scored(row, question)[0])
        (explanation,) = ranking.explanations(row, question)
    return {
        "candidate": score is not None and score >= policy.THRESHOLD,
        "live": live,
        "score": score,
        "rules": [
            {"rule": rule, "holds": holds[rule], "facts": rules.facts(rule, row, question)} for rule in Rule
        ],
        "explanation": explanation,
    }
