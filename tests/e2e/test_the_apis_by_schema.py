"""Each service against its own OpenAPI document: whatever comes in, no answer is a server error."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from support.stacks import Stack

SERVICES = ("profiles", "assignments", "matching", "notifications")
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_is_answered_by_a_server_error(stack: Stack, service: str) -> None:
    schema = schemathesis.openapi.from_url(f"{stack.layout.url(service)}/openapi.json")
    probed = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.path == "/alerts":  # a stream does not end
            continue

        @QUICK
        @given(case=operation.as_strategy())
        def probe(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=stack.headers(), checks=[not_a_server_error])

        probe()
        probed += 1
    assert probed >= 5
