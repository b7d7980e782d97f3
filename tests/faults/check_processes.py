"""Each end of a process has a fault that explains it, and each odd answer too."""

import re
import signal

from faults.deployment import Platform
from faults.findings import Findings
from faults.ledger import Ledger

# A service that starts waits 15 s for its database, and then ends to be started again.
AFTER_AN_OUTAGE_SECONDS = 30
OUTAGES = ("kafka", "postgres", "mail", "network")
MENDED = "settlement mended"
BELOW = ("kafka", "postgres")
RAISED = re.compile(r"[A-Za-z_.]+(Error|Exception|Exit|Interrupt|Lost)\b")  # how a traceback ends
FAILED_JOB = 1  # by which a service ends itself: no outage is a reason for that


def check(platform: Platform, ledger: Ledger, findings: Findings) -> None:
    for one in platform.exits():
        findings.counts["ends of processes"] += 1
        findings.counts["kills"] += one.meant and one.code == -signal.SIGKILL
        gave_up = one.code == FAILED_JOB and one.name not in BELOW
        if not one.meant and (gave_up or not _outage_near(ledger, one.at)):
            findings.wrong(
                "unexplained end", f"{one.name} ended with {one.code}: {_last_words(platform, one.name)}"
            )
    for replica in platform.replicas("matching"):
        for line in replica.log.read_text(errors="replace").splitlines():
            if MENDED in line:  # the standing check hides from the checker what it puts right
                findings.wrong("mended", f"{replica.name}: {line[:200]}")
    findings.counts["outages"] = sum(made.name.startswith(OUTAGES) for made in ledger.faults)
    for text in ledger.unexpected:
        findings.wrong("odd answer", text)


def _outage_near(ledger: Ledger, at: float) -> bool:
    return any(
        made.start <= at <= (made.end or at) + AFTER_AN_OUTAGE_SECONDS
        for made in ledger.faults
        if "postgres" in made.name or "disk" in made.name
    )


def _last_words(platform: Platform, name: str) -> str:
    lines = platform.processes[name].log.read_text(errors="replace").splitlines()
    critical = [line for line in lines if "critical" in line.lower() or RAISED.match(line)]
    return " | ".join(critical[-3:]) or "nothing in its log"
