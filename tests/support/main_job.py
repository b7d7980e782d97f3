"""The main job on a cluster: somebody and an opdracht go in, a proposal, a mail and an alert come out."""

import json
import time
from collections.abc import Callable
from typing import Any

from contracts.vocabulary import Role
from stack.layout import SERVICES

from support.cluster import ROOT, Cluster, kubectl


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.2)
    return found


def matches(cluster: Cluster, *assignment_ids: str) -> list[set[str]]:
    """Return who is proposed for each assignment; nobody where matching has not heard of it."""
    answers = cluster.ask(MATCHES, cluster.tokens[Role.RECRUITER], *assignment_ids)
    return [set(some) for some in json.loads(answers)]


MATCHES = """
import json, sys, httpx
http = httpx.Client(headers={"Authorization": "Bearer " + sys.argv[1]}, timeout=20)
answers = [http.get(f"http://matching/assignments/{one}/matches?limit=200").json() for one in sys.argv[2:]]
print(json.dumps([[match["profile_id"] for match in some.get("items", [])] for some in answers]))
"""


def rolled_out() -> None:
    for service in SERVICES:
        kubectl("rollout", "status", f"deployment/{service}", "--timeout=120s", seconds=130)


def first_mail(cluster: Cluster, address: str) -> None:
    """Post somebody and an opdracht that fits, and see it proposed, mailed and on the desk."""
    first_mail = ROOT / "deploy/kubernetes/first-mail"
    bodies = [(first_mail / name).read_text() for name in ("profile.json", "assignment.json")]
    person, opdracht = (json.loads(body.replace("you@example.org", address)) for body in bodies)
    cluster.call("POST", "profiles", "/profiles", person)
    opened = cluster.call("POST", "assignments", "/assignments", opdracht)
    until(lambda: len(matches(cluster, opened["assignment_id"])[0]) == 1)

    begin = f"{opdracht['organisation']['name']}, spoed: "
    until(lambda: any(to == address and subject.startswith(begin) for to, subject in cluster.mails()))
    ready = cluster.ask(READY, " ".join(SERVICES)).split("\n")
    assert {f"{service} 200" for service in SERVICES} <= {*ready}

    page, alert = f"http://desk/opdrachten/{opened['assignment_id']}", opened["assignment_id"]
    token = cluster.tokens[Role.RECRUITER]
    until(lambda: opdracht["title"] in cluster.ask(PAGE, page, token))
    assert "MatchProposed.v1" in cluster.ask(STREAM, alert, token)


READY = """
import sys, httpx
for name in sys.argv[1].split():
    print(name, httpx.get(f"http://{name}/readyz").status_code)
"""

PAGE = """
import sys, httpx
answer = httpx.get(sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]}, timeout=20)
print(answer.status_code, answer.text)
"""

# From the first alert on, until the one that tells of a proposal for an assignment.
STREAM = """
import sys, httpx
headers = {"Authorization": "Bearer " + sys.argv[2], "Last-Event-ID": "0"}
with httpx.stream("GET", "http://desk/alerts", headers=headers, timeout=30) as answer:
    kind = None
    for line in answer.iter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        if kind == "MatchProposed.v1" and line.startswith("data: ") and sys.argv[1] in line:
            print(kind)
            break
"""
