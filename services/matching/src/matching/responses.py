"""What the API answers."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from contracts.events import CriterionExplained, Relaxation
from contracts.values import Frozen, Moment, Points, Version
from contracts.vocabulary import Rule
from pydantic import Field

from matching.domain import policy, selection
from matching.domain.candidates import scores
from matching.domain.explaining import explanations, rule_facts
from matching.domain.match import Match, MatchState, Pair, match_id
from matching.domain.near import Near, scores_if
from matching.domain.reach import Reach
from matching.domain.rules import RULES
from matching.domain.seats import seated
from matching.engine.assignments import Assignments
from matching.engine.profiles import Profiles

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class MatchView(Frozen):
    """A professional who is, or was, proposed for an assignment, and why."""

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    revision: Annotated[Version, Field(description="Rises with each change of the explanation.")]
    score: Points
    growth: Annotated[bool, Field(description="Whether it would be a step up.")]
    state: MatchState
    explanation: list[CriterionExplained]
    policy: Annotated[str, Field(description="The version of the policy that this revision was made by.")]
    proposed_at: Annotated[Moment, Field(description="Of this revision.")]
    first_proposed_at: Annotated[Moment, Field(description="Of the first revision.")]


class CandidateView(Frozen):
    """A candidate. Where the candidate is live for an open assignment: which revision, since when."""

    match_id: Annotated[UUID | None, Field(description="Null for a draft.")]
    profile_id: UUID
    revision: Version | None
    score: Points
    growth: bool
    explanation: list[CriterionExplained]
    policy: str
    proposed_at: Moment | None


class SeatView(Frozen):
    """A candidate who has a seat."""

    profile_id: UUID
    score: Points


class RuleView(Frozen):
    """How many professionals fail a rule, and how many fail only it."""

    rule: Rule
    rejected: Count
    only: Count


class ReachView(Frozen):
    """How many professionals an assignment would bring, what keeps the others out, and who are the best."""

    population: Count
    candidates: Count
    rules: list[RuleView]
    relaxations: Annotated[
        list[Relaxation],
        Field(
            description="Each alone, and last the best pair of two: how many candidates it newly brings."
            " Empty where they were not asked for."
        ),
    ]
    best: list[CandidateView]
    seated: Annotated[
        list[SeatView], Field(description="Who has a seat, in rank: who would be proposed for a draft.")
    ]
    fitting: Annotated[
        list[UUID], Field(description="Who of the professionals that were asked after is a candidate.")
    ]

    @property
    def people(self) -> list[UUID]:
        """Return the professionals whom it names."""
        return [
            *(one.profile_id for one in self.best),
            *(one.profile_id for one in self.seated),
            *self.fitting,
        ]


class RuleOutcome(Frozen):
    """Whether a rule holds for a pair, and what it looked at."""

    rule: Rule
    holds: bool
    facts: dict[str, Any]


class WhyNotView(Frozen):
    """One pair: every rule, and the score where all of them hold."""

    candidate: bool
    live: Annotated[bool, Field(description="Whether the professional is proposed now.")]
    score: Points | None
    score_if: Annotated[
        Points,
        Field(
            description="The score if the rules that fail were let go, each criterion within its range; the"
            " score itself where none fails."
        ),
    ]
    fits_if: Annotated[bool, Field(description="Whether `score_if` reaches the threshold.")]
    rules: list[RuleOutcome]
    explanation: Annotated[list[CriterionExplained], Field(description="Empty where a rule does not hold.")]


class RuleMissed(Frozen):
    """A rule that does not hold for a pair, and what it looked at."""

    rule: Rule
    facts: dict[str, Any]


Missing = Annotated[
    list[RuleMissed], Field(max_length=1, description="Empty where only the score is too low.")
]
ScoreIf = Annotated[
    Points, Field(description="The score if the missed rule were let go, each criterion within its range.")
]


class NearView(Frozen):
    """A professional who nearly fits: one rule is missed, or none and the score is below the threshold."""

    profile_id: UUID
    missing: Missing
    score_if: ScoreIf


class SelectionRate(Frozen):
    """Of the active professionals in a group, how many were proposed at least once."""

    group: Annotated[str, Field(description="The kind of group, such as `province`.")]
    value: str
    professionals: Count
    proposed: Count
    rate: Share
    of_highest: Annotated[
        Share | None,
        Field(description="The rate as a share of the highest of its kind; null where nobody was proposed."),
    ]


class SelectionView(Frozen):
    """Who is proposed how often, by group."""

    policy: str
    rates: list[SelectionRate]


class RuleHolding(Frozen):
    """How many professionals of a group miss this rule, and no other, for at least one assignment."""

    rule: Rule
    professionals: Count


class HeldBackView(Frozen):
    """What keeps a group's active professionals back who were not proposed."""

    policy: str
    group: str
    value: str
    professionals: Annotated[Count, Field(description="Active, and not proposed.")]
    assignments: Annotated[Count, Field(description="Open ones that were looked at.")]
    rules: Annotated[list[RuleHolding], Field(description="Whatever holds most back comes first.")]


def match(found: Match) -> MatchView:
    """Show a match."""
    return MatchView(
        match_id=found.match_id,
        assignment_id=found.assignment_id,
        profile_id=found.profile_id,
        revision=found.revision,
        score=found.score,
        growth=found.growth,
        state=found.state,
        explanation=found.explanation,
        policy=found.policy,
        proposed_at=found.proposed_at,
        first_proposed_at=found.first_proposed_at,
    )


def reach(
    answer: Reach,
    assignment: Assignments,
    assignment_id: UUID | None,
    pairs: Mapping[UUID, Pair],
    asked_after: Collection[UUID] = (),
) -> ReachView:
    """Show a reach; of the best, a revision only where they are live for an open assignment. `asked_after`:
    of whom it tells whether they are candidates."""
    found, seats = answer.candidates.best(policy.BEST), seated(answer.candidates)
    explained = explanations(found.profiles, assignment)
    best = []
    for index, profile_id in enumerate(found.ids()):
        pair = pairs.get(profile_id)
        live = pair if pair is not None and pair.live else None
        best.append(
            CandidateView(
                match_id=assignment_id and match_id(assignment_id, profile_id),
                profile_id=profile_id,
                revision=None if live is None else live.revision,
                score=float(found.score[index]),
                growth=bool(found.growth[index]),
                explanation=explained[index],
                policy=policy.VERSION,
                proposed_at=None if live is None else live.proposed_at,
            )
        )
    return ReachView(
        population=answer.population,
        candidates=len(answer.candidates),
        rules=[RuleView(rule=item.rule, rejected=item.rejected, only=item.only) for item in answer.rules],
        relaxations=answer.relaxations,
        best=best,
        seated=[
            SeatView(profile_id=profile_id, score=float(score))
            for profile_id, score in zip(seats.ids(), seats.score, strict=True)
        ],
        fitting=sorted(set(asked_after).intersection(answer.candidates.ids())) if asked_after else [],
    )


def why_not(profile: Profiles, assignment: Assignments, *, live: bool, apart: bool = False) -> WhyNotView:
    """Show one pair: every rule with its facts, and the score where all rules hold. `apart`: one of the two
    is the probe's, and the other is not; only then the rule `probe` is shown."""
    holds = {rule: bool(holds(profile, assignment)[0]) for rule, holds in RULES.items()}
    score, explanation = None, []
    if all(holds.values()) and not apart:
        score = float(scores(profile, assignment)[0])
        (explanation,) = explanations(profile, assignment)
    score_if = float(scores_if(profile, assignment)[0]) if score is None else score
    return WhyNotView(
        candidate=score is not None and score >= policy.THRESHOLD,
        live=live,
        score=score,
        score_if=score_if,
        fits_if=score_if >= policy.THRESHOLD,
        rules=[
            *([RuleOutcome(rule=Rule.PROBE, holds=False, facts={})] if apart else []),
            *(
                RuleOutcome(rule=rule, holds=held, facts=rule_facts(rule, profile, assignment))
                for rule, held in holds.items()
            ),
        ],
        explanation=explanation,
    )


def near(found: Near[Profiles], assignment: Assignments) -> list[NearView]:
    """Show who nearly fits an assignment, with the facts of what each misses."""
    return [
        NearView(
            profile_id=profile_id,
            missing=missed(found.missing(place), found.rows.part(place, place + 1), assignment),
            score_if=float(found.score_if[place]),
        )
        for place, profile_id in enumerate(found.rows.ids())
    ]


def missed(rules: Iterable[Rule], profile: Profiles, assignment: Assignments) -> list[RuleMissed]:
    """Show the rules that one pair misses, with what they looked at."""
    return [RuleMissed(rule=rule, facts=rule_facts(rule, profile, assignment)) for rule in rules]


def selected(rates: list[selection.Rate]) -> SelectionView:
    """Show who is proposed how often."""
    return SelectionView(
        policy=policy.VERSION,
        rates=[
            SelectionRate(
                group=rate.group,
                value=rate.value,
                professionals=rate.professionals,
                proposed=rate.proposed,
                rate=rate.rate,
                of_highest=rate.of_highest,
            )
            for rate in rates
        ],
    )


def held_back(group: tuple[str, str], found: selection.HeldBack) -> HeldBackView:
    """Show what keeps a group back."""
    kind, value = group
    return HeldBackView(
        policy=policy.VERSION,
        group=kind,
        value=value,
        professionals=found.professionals,
        assignments=found.assignments,
        rules=[RuleHolding(rule=rule, professionals=count) for rule, count in found.rules],
    )
