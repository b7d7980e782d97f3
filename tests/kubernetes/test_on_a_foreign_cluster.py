"""The same on another's cluster: applied as Argo CD does, with pods under a user that nobody knows."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from contracts.vocabulary import Role
from stack.layout import SERVICES
from support.cluster import TRUST, Cluster, get, kubectl, pods
from support.main_job import first_mail, rolled_out, until
from support.syncing import FOREIGN_USER, manifests, sync, synced_anew


@pytest.fixture(scope="module")
def synced(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The platform, brought anew."""
    with synced_anew(cluster, tmp_path_factory.mktemp("overlay")) as made:
        yield made


def test_each_object_alone_a_wave_at_a_time_makes_a_whole_platform(synced: Cluster) -> None:
    assert "Warning" not in synced.applied
    assert "would violate" not in synced.applied
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/client")
    jobs = {job["metadata"]["name"]: job["status"] for job in get("jobs")["items"]}
    assert jobs.keys() == {"topics"} | {f"{service}-migration" for service in SERVICES}
    for name, status in jobs.items():
        assert (status.get("succeeded"), status.get("failed", 0)) == (1, 0), name
    for service in SERVICES:
        restarts = [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods(service)]
        assert restarts == [0, 0], service


WHO = """
import os, pathlib
pathlib.Path("/tmp/a").write_text("written")
print(os.getuid(), pathlib.Path("/tmp/a").read_text())
"""


def test_pods_run_under_a_user_that_nobody_knows(synced: Cluster) -> None:
    for service in SERVICES:
        assert synced.ask(WHO, pod=f"deployment/{service}").strip() == f"{FOREIGN_USER} written"


def test_there_too_an_assignment_goes_in_and_a_mail_comes_out(synced: Cluster) -> None:
    first_mail(synced, "another@example.org")


def test_a_changed_setting_is_synced_and_the_jobs_run_again(synced: Cluster, tmp_path: Path) -> None:
    before = {job["metadata"]["name"]: job["metadata"]["uid"] for job in get("jobs")["items"]}
    said = sync(manifests(synced, tmp_path, LOG_LEVEL="WARNING"))
    assert "Warning:" not in said
    after = {job["metadata"]["name"]: job["metadata"]["uid"] for job in get("jobs")["items"]}
    assert before.keys() == after.keys()
    assert not {*before.values()} & {*after.values()}
    rolled_out()
    for service in SERVICES:
        assert synced.ask(LEVEL, pod=f"deployment/{service}").strip() == "WARNING"


LEVEL = """
import os
print(os.environ["LOG_LEVEL"])
"""


def test_whoever_is_on_call_reaches_kafka_databases_and_services(synced: Cluster) -> None:
    production = synced.production
    databases = [
        word
        for service in SERVICES
        for word in ("--database", production.database_url(service, f"{TRUST}/postgres-ca.crt"))
    ]
    asked = [
        ("operator", ["topics", "check"], "instead of|every topic is as"),
        ("operator-erasures", ["erase-report", str(uuid4()), *databases], "nothing names this id"),
        ("operator-erasures", ["audit", "--actor", "nobody", *databases], "nothing is recorded"),
        ("operator-erasures", ["outbox", "list", *databases[:2]], "Kafka refuses nothing"),
        ("operator-erasures", ["selection-report", "--url", "http://matching", "--token"], "Policy"),
    ]
    for name in {name for name, _, _ in asked}:
        kubectl("scale", f"deployment/{name}", "--replicas=1")
        kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")
    for name, words, said in asked:
        token = [synced.tokens[Role.OPERATOR]] if words[-1] == "--token" else []
        command = ["exec", f"deployment/{name}", "--", "opdracht", *words, *token]
        # What `topics check` finds of a broker that is alone it tells by its exit status too.
        until(lambda: re.search(said, kubectl(*command, check=False)), 30)  # noqa: B023
    for name in {name for name, _, _ in asked}:
        kubectl("scale", f"deployment/{name}", "--replicas=0")
