"""What the API answers on a professional's career."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from contracts.events import CriterionExplained
from contracts.values import Day, Frozen, Points
from contracts.vocabulary import Level, OrganisationType
from pydantic import Field

from matching.domain.explaining import explanations
from matching.domain.near import Near
from matching.domain.outlook import numbers
from matching.domain.outlook.levers import Levers
from matching.domain.outlook.view import Outlook
from matching.domain.outlook.what_if import WhatIf
from matching.engine.assignments import Assignments
from matching.engine.profiles import Profiles
from matching.responses import Count, Missing, ScoreIf, Share, missed

Career = Annotated[str, Field(description="The version of the numbers and words that this was made by.")]
Months = Annotated[float, Field(ge=0)]


class NearAssignmentView(Frozen):
    """An assignment that nearly fits: one rule is missed, or none and the score is below the threshold."""

    assignment_id: UUID
    missing: Missing
    score_if: ScoreIf


class GainView(Frozen):
    """An assignment of which the professional would become a candidate."""

    assignment_id: UUID
    score: Points
    growth: Annotated[bool, Field(description="Whether it would be a step up.")]
    explanation: list[CriterionExplained]


class WhatIfView(Frozen):
    """Of how many open assignments the professional is a candidate now, and would be then."""

    career: Career
    now: Count
    then: Count
    gained: Annotated[list[GainView], Field(description="The best first.")]
    lost: list[UUID]


class LeverView(Frozen):
    """One change, or two together, and what it brings."""

    change: Annotated[dict[str, Any], Field(description="A merge patch over the facts.")]
    adds: Annotated[Count, Field(description="Open assignments that would newly fit.")]
    loses: Annotated[Count, Field(description="Open assignments that would no longer fit.")]
    adds_year: Annotated[
        Count,
        Field(
            description="Assignments of the last year that would newly have fitted, had the professional been"
            " free for each."
        ),
    ]


class LeversView(Frozen):
    """The changes that bring something, the best first, and the best two together."""

    career: Career
    items: list[LeverView]
    pair: Annotated[LeverView | None, Field(description="Null where no pair brings anything.")]


class MixView(Frozen):
    """Months by kind, and how varied they are."""

    months: dict[str, Months]
    index: Annotated[
        Share | None,
        Field(description="1 − Σ p², with p the share of each kind; null where there are no months."),
    ]
    word: str


class VariationView(MixView):
    """How varied the portfolio is by organisation type; by specialism and dossier too, where it says them."""

    last_three: Annotated[list[OrganisationType], Field(max_length=3, description="The latest last.")]
    kinds_last_year: Count
    remark: str | None
    specialisms: MixView | None
    dossiers: MixView | None


class LadderView(Frozen):
    """Months at the present level, beside the field's rule of thumb."""

    level: Level
    months: Months
    rule_of_thumb: Annotated[list[int], Field(min_length=2, max_length=2, description="In months.")]


class UnlockView(Frozen):
    """What is not held and alone keeps some assignments away."""

    kind: str
    value: str
    n: Count


class NextStepView(Frozen):
    """What assignments of the level above ask."""

    level: Level
    n: Annotated[Count, Field(description="Assignments of the last year at that level.")]
    q: Annotated[
        Count | None,
        Field(description="How many of these require nothing that is not held; null where n is too small."),
    ]
    unlocks: list[UnlockView]
    growth_open: Annotated[
        Count, Field(description="Open assignments there that take somebody of one level below.")
    ]
    growth_candidates: Annotated[
        Count, Field(description="Of how many of those one would be a candidate with `step_up`.")
    ]


class QuartilesView(Frozen):
    """Amounts in cents an hour: a quarter, half and three quarters are no higher."""

    n: Count
    p25: int
    p50: int
    p75: int


class RateView(QuartilesView):
    """The maxima that comparable assignments of the last year name."""

    widened: Annotated[bool, Field(description="Whether those without a shared specialism are in it.")]
    pays: Annotated[
        dict[str, Share],
        Field(description="Cents beside what is asked → the share that pays at least so much."),
    ]
    agreed: Annotated[QuartilesView | None, Field(description="What placements at this level pay.")]
    ask_more: Annotated[bool, Field(description="Whether less is asked than nearly all would pay.")]


class DemandView(Frozen):
    """A specialism or dossier that assignments of the last year ask, at the own and the next level."""

    kind: str
    value: str
    own: Count
    next: Count
    held: bool
    supply: Annotated[Count, Field(description="Active professionals who have it.")]
    scarcity: Annotated[
        float | None, Field(description="Assignments to one of these, of the scarcest; else null.")
    ]


class GapsView(Frozen):
    """Time without an opdracht, and when the next one may start."""

    months_without_24: Months
    placement_ends: Day | None
    first_start: Annotated[Day | None, Field(description="Of the open ones that fit.")]
    lead_days: Annotated[
        float | None,
        Field(description="The median of days from opening to start, of comparable assignments."),
    ]
    respond_from: Annotated[Day | None, Field(description="So many days before one is free again.")]


class OutlookView(Frozen):
    """The career view of one professional."""

    career: Career
    today: Day
    variation: VariationView
    ladder: LadderView
    next_step: Annotated[NextStepView | None, Field(description="Null at the highest level.")]
    rate: Annotated[RateView | None, Field(description="Null where too few assignments compare.")]
    demand: Annotated[list[DemandView], Field(description="What is asked most first.")]
    gaps: GapsView
    words: Annotated[dict[str, list[str]], Field(description="By part, what is to be said with it.")]


def near(profile: Profiles, found: Near[Assignments]) -> list[NearAssignmentView]:
    """Show which assignments nearly fit a professional, with the facts of what each misses."""
    return [
        NearAssignmentView(
            assignment_id=assignment_id,
            missing=missed(found.missing(place), profile, found.rows.part(place, place + 1)),
            score_if=float(found.score_if[place]),
        )
        for place, assignment_id in enumerate(found.rows.ids())
    ]


def what_if(then: Profiles, answer: WhatIf) -> WhatIfView:
    """Show what other facts would bring."""
    gained = [
        GainView(
            assignment_id=assignment_id,
            score=float(answer.score[place]),
            growth=bool(answer.growth[place]),
            explanation=explanations(then, answer.gained.part(place, place + 1))[0],
        )
        for place, assignment_id in enumerate(answer.gained.ids())
    ]
    return WhatIfView(
        career=numbers.CAREER, now=answer.now, then=answer.then, gained=gained, lost=answer.lost.ids()
    )


def levers(found: Levers) -> LeversView:
    """Show what changes would bring."""
    return LeversView.model_validate({"career": numbers.CAREER, **asdict(found)})


def outlook(found: Outlook) -> OutlookView:
    """Show a career view."""
    shown = asdict(found)
    variation = shown.pop("variation")
    rule_of_thumb: Sequence[int] = shown["ladder"].pop("rule_of_thumb")
    return OutlookView.model_validate(
        {
            "career": numbers.CAREER,
            **shown,
            "variation": variation.pop("mix") | variation,
            "ladder": shown["ladder"] | {"rule_of_thumb": list(rule_of_thumb)},
            "words": found.words,
        }
    )
