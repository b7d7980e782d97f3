"""PostgreSQL is taken away on the real stack, and the real Prometheus and Alertmanager tell somebody."""

import time
from pathlib import Path

from stack.layout import SERVICES
from support.stacks import Stack, process_of, standing_still, until
from support.watching import watching

PROMISED_SECONDS = 180


def children(program: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == program:
            found.append(int(stat.parent.name))
    return found


async def test_when_postgresql_is_away_somebody_is_told_until_it_is_back(
    stack: Stack, tmp_path: Path
) -> None:
    away = {("NotReady", service) for service in SERVICES}
    postgres = process_of(stack.layout, "postgres")
    with watching(stack.layout, tmp_path) as watch:

        async def all_seen() -> bool:
            return len(await watch.query('ready{check="database"} == 1')) == len(SERVICES)

        async def told_of_all() -> bool:
            return watch.names("firing") >= away

        async def told_that_it_is_back() -> bool:
            return watch.names("resolved") >= away

        await until(all_seen, 120, "every service is ready, and Prometheus sees it")
        assert watch.names("firing") == set()
        with standing_still(postgres, *children(postgres)):  # connections hang, and none is refused
            begun = time.monotonic()
            await until(told_of_all, PROMISED_SECONDS, "the webhook is told of every service")
            print(f"\ntold after {time.monotonic() - begun:.0f} s")
            assert away <= await watch.on()
        await until(told_that_it_is_back, 600, "the webhook is told that all are ready")
        assert await watch.on() & away == set()
        told = [one for one in watch.told if one["labels"]["alertname"] == "NotReady"]
        assert {one["annotations"]["runbook_url"] for one in told} == {"docs/operations/runbooks/NotReady.md"}
        assert {one["labels"]["namespace"] for one in told} == {"opdrachten"}
