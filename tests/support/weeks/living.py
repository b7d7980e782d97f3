"""Makes a world and lets its six weeks pass."""

import random
from datetime import datetime

from support.mailboxes import Mailboxes
from support.weeks import World, bad_days, people, recruiters
from support.weeks.matching import Matching, ScriptedMatching
from support.weeks.opdrachten import Opdrachten
from support.weeks.people import People
from support.weeks.recruiters import Recruiters

GONE = (1, 3, 5, 9, 10, 13, 15, 20, 23, 25)


def six_weeks(seed: int, start: datetime, matching: Matching | None = None) -> tuple[World, Mailboxes]:
    """Return a world after six weeks, and the mailboxes that the reference has of them.

    The same seed, start (a midnight) and matching give the same world. `matching`: who proposes; a script
    where none is given.
    """
    gone = [people.address(number) for number in GONE] + [recruiters.address(0)]
    returning = [people.address(number) for number in (4, 5, 11, 12)]
    server = bad_days.a_server(start, gone, returning)
    world = World(random.Random(seed), start, server, matching or ScriptedMatching())
    deciding = Recruiters(world)
    answering = People(world, deciding)
    world.on_mail = answering.read
    Opdrachten(world, deciding)
    bad_days.plan_releases(world, [*gone, returning[0], returning[2], returning[3]])
    return world, world.go_on()
