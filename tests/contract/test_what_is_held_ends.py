"""Each table that may hold something about people has a kind of retention, or a reason for none."""

from collections.abc import Iterable, Mapping

import assignments.erasure
import desk.store.erasure
import matching.store.erasure
import notifications.store.erasure
import profiles.erasure
from chassis.erasure import CHASSIS, ErasureRule
from contracts.retention import KINDS, WITHOUT_KIND

LISTS: Mapping[str, Iterable[ErasureRule]] = {
    "profiles": profiles.erasure.ERASURE,
    "assignments": assignments.erasure.ERASURE,
    "matching": matching.store.erasure.ERASURE,
    "notifications": notifications.store.erasure.ERASURE,
    "desk": desk.store.erasure.ERASURE,
    "chassis": CHASSIS,
}


def test_every_table_ends_or_says_why_it_does_not() -> None:
    of_every_service = {rule.table for rule in CHASSIS}
    for service, rules in LISTS.items():
        tables = {rule.table for rule in rules} - (of_every_service if service != "chassis" else set())
        taken = {table for kind in KINDS for table in kind.tables.get(service, ())} - of_every_service
        if service == "chassis":
            taken = {table for kind in KINDS for each in kind.tables.values() for table in each} & tables
        assert taken | WITHOUT_KIND.get(service, {}).keys() == tables, service


def test_only_services_that_hold_a_kind_take_it() -> None:
    for kind in KINDS:
        assert set(kind.services) <= kind.tables.keys()
