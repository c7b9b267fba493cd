"""What every test shares: under CI a part that is missing is a failure, not a skip."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI=true and a part is missing: {report.longrepr}"
    return report


_MEASURED = Path(__file__).parent / "api"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is that of `api`, by the tests of `api` that no browser waits for.

    Tracing the others would make CI a third longer and tell nothing: numeric loops are compared
    with their reference twins instead.
    """
    for item in items:
        slow = any(item.get_closest_marker(name) for name in ("browser", "model"))
        if slow or not item.path.is_relative_to(_MEASURED):
            item.add_marker("no_cover")
