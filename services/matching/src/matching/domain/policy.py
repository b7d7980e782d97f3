"""The default policy as data (docs/reference/matching.md), under a version that every proposal carries."""

from contracts.vocabulary import Criterion, Urgency

VERSION = "2026.1"

POINTS: dict[Criterion, int] = {
    Criterion.SPECIALISMS: 30,
    Criterion.DOSSIERS: 10,
    Criterion.SECTOR: 10,
    Criterion.AMBITION: 20,
    Criterion.AVAILABILITY: 10,
    Criterion.RATE: 10,
    Criterion.DISTANCE: 10,
}

THRESHOLD = 50.00
SEATS = 25
GROWTH_SEATS = 5
REVISION_STEP = 0.01

SLACK_DAYS = {Urgency.SPOED: 0, Urgency.NORMAAL: 14}
AVAILABILITY_DAYS = 60
RATE_SHARE = 0.20
DEPTH_ENTRIES = 3

RELAXED_RATES_CENTS = (500, 1000)
RELAXED_START_DAYS = 14
BEST = 10
