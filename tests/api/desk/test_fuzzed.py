"""Whatever the OpenAPI description allows, and what it does not: never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.api.desk.conftest import Town
from tests.api.desk.test_case import opened, sampled


def test_no_request_makes_the_server_fail(town: Town) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis: pip install it")
    sampled(town)
    browser, _ = opened(town)
    headers = {"X-CSRF": browser.csrf, "Host": "testserver"}
    cookies = dict(browser.client.cookies)
    schema = schemathesis.openapi.from_asgi("/openapi.json", town.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 7

    for operation in operations:

        @settings(
            max_examples=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            answer = case.call(headers=headers, cookies=cookies)
            assert answer.status_code < 500, (case.method, case.path, answer.text)

        run()
