"""Holds a platform at rest to the ledger."""

from pathlib import Path

from faults import check_mails, check_processes, check_state, check_topics, state, stream_readers, topics
from faults.deployment import Platform
from faults.evidence import keep
from faults.findings import Findings
from faults.ledger import Ledger
from faults.rest import REST_SECONDS, rest
from faults.stream_readers import Reader


async def check(
    platform: Platform,
    ledger: Ledger,
    readers: list[Reader],
    evidence: Path | None = None,
    patience: float = REST_SECONDS,
) -> Findings:
    """Wait for rest for so many seconds, then look at databases, topics, pages, streams and mailboxes.

    `evidence`: a folder for all that was there, where something is wrong.
    """
    findings = Findings()
    for unrest in await rest(platform, ledger, patience):
        findings.wrong("stuck", unrest)
    log, found = await topics.read(platform.layout.kafka), await state.read(platform)
    check_topics.check(log, ledger, findings)
    check_state.check_copies(found, findings)
    check_state.check_matches(found, log, findings)
    check_state.check_alerts(found, log, findings)
    check_state.check_done_once(found, findings)
    await check_state.check_pages(platform, found, findings)
    await check_state.check_erased(platform, ledger, log, findings)
    check_mails.check(platform, ledger, found, log, findings)
    await stream_readers.check(readers, found, findings)
    check_processes.check(platform, ledger, findings)
    if findings.violations and evidence is not None:
        await keep(platform, ledger, log, evidence)
    return findings
