"""Somebody's own browser window on the desk, and the desk on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from api.desk.routes import desk_router
from api.security_middleware import SecurityMiddleware
from api.settings import Settings
from api.store import Store
from tests.api.live.servers import wait_for
from tests.api.web.conftest import CHROMIUM, FLAGS


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium for one module only: while Playwright runs, no other test may run a loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium: set CHROMIUM to one")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@contextlib.contextmanager
def serving(store: Store, settings: Settings) -> Iterator[str]:
    """The desk on a real socket; gives its address."""
    app = FastAPI()
    app.include_router(desk_router(store, settings))
    app.add_middleware(SecurityMiddleware, hosts=frozenset(), frame_ancestors=())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    wait_for(lambda: server.started, 60)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


def until(page: Any, condition: str) -> None:
    """Poll from outside: the policy of the pages forbids evaluating inside."""
    wait_for(lambda: page.evaluate(condition), 60)


class Visitor:
    """Somebody's own browser window; keeps what a page should not have done."""

    def __init__(self, browser: Any, base: str) -> None:
        self.context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(60_000)
        self.page = self.context.new_page()
        self.base = base
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", self._request)

    def _said(self, said: Any) -> None:
        if said.type == "error":
            self.wrong.append(said.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.wrong.append(f"asked another host: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def log_in(self, login: str, password: str) -> None:
        self.go("/desk/login")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(re.compile(r"/desk/(?!login)"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def too_wide(self) -> bool:
        """Whether one must scroll sideways to read the page."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    @property
    def squeezed(self) -> list[str]:
        """Cells that a narrow window makes columns of a character or two."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('td')].filter(cell => cell.innerText.trim().length > 4"
            " && cell.clientWidth < 56 && cell.clientHeight > 80).map(cell => cell.innerText)"
        )
        return found

    def accessible(self) -> None:
        """WCAG 2.2 AA, as far as axe-core can tell."""
        self.page.evaluate(axe_source())
        found = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
            ".then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
        )
        assert found == [], (self.page.url, found)


def axe_source() -> str:
    """axe-core from npm, for tests only."""
    path = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
    if not path.exists():
        pytest.skip("axe-core: npm install --no-save axe-core")
    return path.read_text("utf-8")
