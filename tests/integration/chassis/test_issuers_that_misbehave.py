"""An issuer whose server is slow, endless or elsewhere: whoever brings a known key waits for nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from chassis.http import published as limits
from chassis.http.issuers import IssuersKeys
from chassis.http.problems import Problem
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from support.issuing import EC, Clock, published, signed
from support.misbehaving import Respond, Server, answering, misbehaving, never, serving

GOOD = answering(published(EC))
STRANGERS = ECKey.generate_key("P-256", {"kid": "stranger"})
WRONG = misbehaving(published(EC))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(GOOD) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(server: Server, clock: Clock) -> IssuersKeys:
    return IssuersKeys(server.url, clock=clock)


async def valid(keys: IssuersKeys) -> None:
    """Fails unless a token of the issuer's own key is taken."""
    await keys.decode(signed({"sub": "someone"}))


async def forged(keys: IssuersKeys) -> None:
    """Bring a token of nobody's key, and be refused."""
    with pytest.raises(JoseError):
        await keys.decode(signed({"sub": "operator"}, STRANGERS))


@pytest.mark.parametrize("respond", WRONG.values(), ids=WRONG.keys())
async def test_who_brings_a_known_key_waits_for_nothing(
    server: Server, keys: IssuersKeys, clock: Clock, respond: Respond
) -> None:
    await valid(keys)
    asked = server.requests
    server.respond = respond
    server.asked.clear()
    clock.now += limits.ASK_ANEW_SECONDS + 1
    waiting = asyncio.create_task(forged(keys))
    await server.asked.wait()
    for _ in range(20):
        await valid(keys)
    if respond is never:
        assert not waiting.done()
    waiting.cancel()
    assert server.requests == asked + 1


@pytest.mark.parametrize("respond", WRONG.values(), ids=WRONG.keys())
async def test_the_first_callers_are_asked_to_come_back_when_the_time_is_over(
    server: Server, keys: IssuersKeys, clock: Clock, respond: Respond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.3)
    server.respond = respond
    answers = await asyncio.gather(*(valid(keys) for _ in range(10)), return_exceptions=True)
    assert {answer.status for answer in answers if isinstance(answer, Problem)} == {503}
    assert len(answers) == 10
    assert server.requests <= 1  # on a busy machine the time may be over before
    monkeypatch.undo()
    server.respond = GOOD
    clock.now += limits.FIRST_PAUSE_SECONDS
    await valid(keys)


async def test_forged_tokens_make_us_ask_once_in_a_while(
    server: Server, keys: IssuersKeys, clock: Clock
) -> None:
    await valid(keys)
    for asked in (2, 3, 4):  # the first was for the valid one
        await asyncio.gather(*(forged(keys) for _ in range(50)))
        for _ in range(10):
            await forged(keys)
        assert server.requests == asked
        clock.now += limits.SEEK_AGAIN_SECONDS


async def test_a_caller_that_hangs_up_takes_the_answer_from_nobody(server: Server, keys: IssuersKeys) -> None:
    go_on = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        await GOOD(writer)

    server.respond = late
    first, second = (asyncio.create_task(valid(keys)) for _ in range(2))
    await server.asked.wait()
    first.cancel()
    await asyncio.wait([first])
    go_on.set()
    await second
    assert server.requests == 1


async def test_news_are_fetched_beside_the_requests(server: Server, keys: IssuersKeys, clock: Clock) -> None:
    await valid(keys)
    server.respond = answering(published(EC, STRANGERS))
    server.asked.clear()
    clock.now += limits.ASK_ANEW_SECONDS + 1
    await valid(keys)
    await server.asked.wait()
    await keys.decode(signed({"sub": "someone"}, STRANGERS))
    assert server.requests == 2
