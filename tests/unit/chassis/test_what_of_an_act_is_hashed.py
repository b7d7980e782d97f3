"""The canonical form of a link: golden, as whoever keeps the topic `audit` computes it too."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from contracts.chain import BEGINNING, canonical, digest, link
from contracts.events import ActRecorded

SAMPLE = Path(__file__).parents[3] / "contracts/samples/ActRecorded.v1.1.json"
GOLDEN = (
    '{"action":"change","at":"2026-11-24T21:42:46.500000Z","fields":["contact.phone","facts.hours_max"],'
    '"issuer":"https://login.example.org/realms/bureau","number":1,'
    '"object_id":"01a20f82-b178-75b2-9572-e7c0d16b6ad6","object_kind":"profile",'
    '"people":["01a20f82-b178-75b2-9572-e7c0d16b6ad6"],'
    '"previous":"0000000000000000000000000000000000000000000000000000000000000000","role":"recruiter",'
    '"service":"profiles","subject":"0f8fad5b-d9cb-469f-a165-70867728950e",'
    '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
)
GOLDEN_HASH = "0b8c549fab8bfa4b28d9c03aa98470b7ddee5504ed2abd40d20a1deb1c363047"  # pragma: allowlist secret
AMSTERDAM = timezone(timedelta(hours=1))


def sample() -> ActRecorded:
    return ActRecorded.model_validate_json(json.dumps(json.loads(SAMPLE.read_text())["value"]))


def test_the_golden_link_has_the_golden_form_and_hash() -> None:
    assert canonical(sample()).decode() == GOLDEN
    assert sha256(GOLDEN.encode()).hexdigest() == GOLDEN_HASH
    assert digest(sample()) == sample().hash == GOLDEN_HASH


def test_what_is_null_is_left_out_and_letters_are_utf_8() -> None:
    content = {
        "service": "desk",
        "at": datetime(2026, 11, 24, 22, 0, tzinfo=AMSTERDAM),
        "issuer": "platform",
        "subject": 'José "x" \\ é',
        "role": None,
        "action": "change",
        "object_kind": "texts",
        "object_id": None,
        "people": [],
        "fields": [],
        "trace_id": None,
    }
    made = link(content, 7, "ab" * 32)
    assert canonical(made).decode() == (
        '{"action":"change","at":"2026-11-24T21:00:00Z","fields":[],"issuer":"platform","number":7,'
        f'"object_kind":"texts","people":[],"previous":"{"ab" * 32}","service":"desk",'
        '"subject":"José \\"x\\" \\\\ é"}'
    )
    assert made.hash == digest(made)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2},
        {"previous": "1" * 64},
        {"at": datetime(2026, 11, 24, 21, 42, 46, 500001, tzinfo=UTC)},
        {"subject": "iemand anders"},
        {"role": None},
        {"people": []},
        {"object_id": UUID(int=1)},
        {"fields": ["contact.phone"]},
        {"trace_id": None},
        {"service": "desk"},
    ],
)
def test_every_field_counts(changed: dict[str, object]) -> None:
    assert digest(sample().model_copy(update=changed)) != GOLDEN_HASH


def test_the_beginning_is_no_hash_of_anything() -> None:
    assert BEGINNING == "0" * 64
