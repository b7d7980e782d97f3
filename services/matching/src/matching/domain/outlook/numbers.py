"""The numbers and words of the career view: docs/reference/career.md says what each means.

Every answer carries CAREER. Whoever changes a number gives it another name.
"""

from contracts.vocabulary import Rule

CAREER = "2026.1"

DAYS_A_MONTH = 30.4375
MARKET_DAYS = 365  # an assignment that opened first so many days ago, or later, is of the market
# Over a year nobody is paused, busy or done with an opdracht: what it counts is what one could do.
HELD_OVER_A_YEAR = frozenset({Rule.ACTIVE, Rule.AVAILABILITY, Rule.UNANSWERED})
LEAST_BEHIND = 5  # so many assignments must be behind a number; with fewer there is none
TOO_FEW = "te weinig opdrachten om iets te zeggen"

# Variation: below the first, up to and with the second, and above it.
DEPTH_BELOW, MIXED_UP_TO = 0.30, 0.60
DEPTH, MIXED, VARIED = "vooral diepgang", "gemengd", "veel variatie"
LAST_ENTRIES = 3
LAST_YEAR_DAYS = 365
SAME_TWICE = (
    "Je laatste twee opdrachten waren bij dezelfde soort organisatie ({kind}). Overweeg nu iets anders."
)

RULE_OF_THUMB_MONTHS = (24, 36)  # at one level
UNLOCKS = 3  # of what is not held, so many are shown

PERCENTS = (25, 50, 75)
PAYS_CENTS = (-500, 0, 500, 1000)  # beside what the professional asks
ASK_MORE_BELOW_PERCENT = 85  # of the lowest of PERCENTS
HIGHEST_NAMED = "het hoogste dat opdrachtgevers noemen, niet wat betaald is"
ASK_MORE = "je kunt hier meer vragen"

SCARCE = 5  # so many are told to be scarce
SCARCE_FROM = 3  # asked so often

GAP_DAYS = 730  # 24 months, in whole days

# What levers try, one by one and two by two.
WEEK_HOURS = range(1, 41)
FEWER_HOURS_MIN = (4, 8)
MORE_HOURS_MAX = (4, 8)
MORE_KM = (10, 25, 50)
EARLIER_DAYS = 14
LOWER_RATE_CENTS = 500
SILENT_DAYS = 30  # without any match, after which somebody hears what would bring one; and so long in between
