"""A mail has its line: what it was and how it went, never to whom."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from chassis.database import Pool
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome, Refused, TryLater, Unknown
from notifications.signing_in import Mailer
from support.log_lines import spans, written
from support.notifying import add_assignment, add_contact, make_sender, propose
from uuid_utils.compat import uuid7

ADDRESS = "wilhelmina@proefkonijn.example"
OUTCOMES: list[tuple[Outcome | Exception, str]] = [
    (Accepted(f"250 ok {ADDRESS}"), "accepted"),
    (TryLater(f"450 {ADDRESS}"), "try later"),
    (Unknown(f"550 {ADDRESS}"), "unknown"),
    (Refused(f"554 {ADDRESS}"), "refused"),
    (RuntimeError(ADDRESS), "try later"),
]


@pytest.mark.parametrize(("outcome", "word"), OUTCOMES)
@pytest.mark.parametrize("sample", [0, 1])
async def test_a_mail_is_a_line_that_is_left_out_only_where_all_went_well(
    pool: Pool, outcome: Outcome | Exception, word: str, sample: float
) -> None:
    now, one = datetime.now(UTC), uuid7()
    opdracht = await add_assignment(
        pool, random.Random(5), "spoed", respond_by=(now + timedelta(days=30)).isoformat()
    )
    await add_contact(pool, one, ADDRESS)
    await propose(pool, opdracht, one, now)

    async def send(mail: Mail) -> Outcome:
        assert mail.to == ADDRESS
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with written("DEBUG", sample) as log, spans() as made:
        await make_sender(pool, send).send_due(now + timedelta(minutes=1))
        told = log.text + "".join(span.to_json() for span in made())
        (span,) = [span for span in made() if span.name == "send mail"]
    assert span.context is not None
    if log.volume.sample == 1 or word != "accepted":
        (line,) = log.lines("mail")
        assert (line["kind"], line["outcome"], line["attempt"]) == ("match", word, 1)
        assert line["ms"] >= 0
        assert line["trace_id"] == f"{span.context.trace_id:032x}"
        assert line.keys() == {
            *("kind", "outcome", "attempt", "ms"),
            *("event", "level", "service", "timestamp", "trace_id", "span_id"),
        }
    for whose in (ADDRESS, "proefkonijn", str(one), "Anna"):
        assert whose not in told


async def test_a_link_to_sign_in_is_a_mail_too(pool: Pool) -> None:
    now = datetime.now(UTC)
    await add_contact(pool, uuid7(), ADDRESS)
    await pool.execute(
        "INSERT INTO sign_in_links (link_id, address, mailbox, asked_at, due_at) VALUES ($1, $2, $2, $3, $3)",
        *(uuid7(), ADDRESS, now),
    )

    async def send(_mail: Mail) -> Outcome:
        return Accepted(ADDRESS)

    def compose(*_: object) -> Mail:
        return Mail("x@example.org", ADDRESS, b"")

    with written("DEBUG") as log:
        assert await Mailer(pool, compose, send).mail_due(now + timedelta(seconds=1)) == 1
    (line,) = log.lines("mail")
    assert (line["kind"], line["outcome"]) == ("sign-in link", "accepted")
    assert "proefkonijn" not in log.text
