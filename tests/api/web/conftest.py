"""A real Chromium, and pages that fail a test for any error or request elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Playwright's handle on Chromium, not started."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium: set CHROMIUM to one")
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium: Any) -> Iterator[Any]:
    started = chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield started
    started.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as up:
        yield up


class Watched:
    """A page and what it did that it should not have."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        self.bytes = 0
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        network = context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", self._loaded)

    def _console(self, message: Any) -> None:
        if message.type == "error" and "WebSocket connection" not in message.text:
            self.errors.append(message.text)

    def _loaded(self, event: Any) -> None:
        self.bytes += int(event["encodedDataLength"])

    def clean(self, server: Server) -> None:
        """Fails for script errors, a broken policy, or a request to anywhere else."""
        assert self.errors == []
        assert self.hosts == {f"127.0.0.1:{server.port}"}


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 300, "height": 640})
    yield Watched(context)
    context.close()
