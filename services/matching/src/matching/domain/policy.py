"""The default policy as data: every number that decides who fits what, under the version of all proposals.

Shares lie between 0 and 1 and the parts of a criterion sum to 1, so that no criterion gives more than its
points: whom the seats leave out unjudged (`seats`) rests on that.
"""

from datetime import timedelta

from contracts.vocabulary import Criterion, Urgency

VERSION = "2026.2"

# The points of each criterion at most, where the client gives no weights of its own.
POINTS: dict[Criterion, int] = {
    Criterion.SPECIALISMS: 30,
    Criterion.DOSSIERS: 10,
    Criterion.SECTOR: 10,
    Criterion.AMBITION: 20,
    Criterion.AVAILABILITY: 10,
    Criterion.RATE: 10,
    Criterion.DISTANCE: 10,
}

# Sector. Depth: so many entries that count give all; breadth: by where the type is in the portfolio.
DEPTH_ENTRIES = 3
TYPE_IS_NEW = 1.0
TYPE_IS_EARLIER = 0.5
TYPE_IS_LATEST = 0.0

# Ambition: one part by the level, one by the direction, and what each of these gives.
PARTS: dict[Criterion, tuple[float, ...]] = {Criterion.AMBITION: (0.5, 0.5)}
LEVEL_OF_GROWTH = 1.0
LEVEL_SAME = 1.0
LEVEL_ABOVE = 0.2
DIRECTION_WITHOUT_WISHES = 0.5

AVAILABILITY_DAYS = 28  # so many days after the start give nothing
RATE_SHARE = 0.20  # so far below the maximum gives all
SLACK_DAYS = {Urgency.SPOED: 0, Urgency.NORMAAL: 14}

THRESHOLD = 50.00
SEATS = 25
GROWTH_SEATS = 5
REVISION_STEP = 0.01

# What reach tries, one by one and two by two, and how many of the best it shows.
RELAXED_RATES_CENTS = (500, 1000)
RELAXED_START_DAYS = 14
RELAXED_HOURS = (4, 8)
BEST = 10

# A recruiter is warned that nobody is interested so long before `respond_by`, or in this last part of the
# time since the assignment is known, whichever is later.
WARN_BEFORE = timedelta(days=1)
WARN_IN_LAST_PART = 0.5
