"""From the first start to the export, in a real Chromium, with the keyboard where it matters."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from api.desk.desk import prepare_desk
from api.desk.routes import desk_router
from api.guard import Guard
from api.review import people, sampling
from api.settings import Settings
from api.store import Store
from tests.api.desk.conftest import PASSWORD
from tests.api.live.servers import wait_for
from tests.api.review.sound import put_with_sound
from tests.api.web.conftest import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium for this module only: while Playwright runs, no other test may run a loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium: set CHROMIUM to one")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server just started for the first time, with recordings already analysed."""
    settings = Settings(data_dir=tmp_path / "data", double_share=0.0)
    first = prepare_desk(store, settings)
    assert first is not None
    for number in (1, 2):
        put_with_sound(store, tmp_path, number)
    with serving(store, settings) as base:
        yield base, first


@contextlib.contextmanager
def serving(store: Store, settings: Settings) -> Iterator[str]:
    """The desk on a real socket; gives its address."""
    app = FastAPI()
    app.include_router(desk_router(store, settings))
    app.add_middleware(Guard, hosts=frozenset(), frame_ancestors=())
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
        self.page.on("console", lambda said: said.type == "error" and self.wrong.append(said.text))
        self.page.on("request", self._request)

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

    def accessible(self) -> None:
        """WCAG 2.2 AA, as far as axe-core can tell."""
        self.page.evaluate(axe_source())
        found = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
            ".then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
        )
        assert found == [], self.page.url


def axe_source() -> str:
    """axe-core from npm, for tests only."""
    path = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
    if not path.exists():
        pytest.skip("axe-core: npm install --no-save axe-core")
    return path.read_text("utf-8")


def test_from_the_first_start_to_the_export(
    browser: Any, site: tuple[str, str], store: Store
) -> None:
    base, first = site
    admin = Visitor(browser, base)
    admin.log_in("admin", first)
    admin.page.fill("[name=old]", first)
    for name in ("new", "again"):
        admin.page.fill(f"[name={name}]", PASSWORD)
    admin.page.press("[name=again]", "Enter")
    admin.page.wait_for_url("**/desk/people")
    for login, role in (("lena", "lead"), ("ines", "inspector"), ("anna", "agent")):
        admin.page.fill("form.line >> nth=0 >> [name=login]", login)
        admin.page.select_option("form.line >> nth=0 >> [name=role]", role)
        admin.page.click("form.line >> nth=0 >> button.main")
        admin.page.wait_for_selector(".once code")
        people.set_password(store, login, PASSWORD, by=login)

    lead = Visitor(browser, base)
    lead.log_in("lena", PASSWORD)
    lead.go("/desk/plans")
    lead.page.click("text=现在抽取")
    lead.page.wait_for_selector(".done")

    score = judge_by_keyboard(browser, base)

    agent = Visitor(browser, base)
    agent.log_in("anna", PASSWORD)
    agent.page.click(".mine li:has(.tag.tone-low) a")
    agent.page.click("summary:has-text('申诉')")
    agent.page.fill("[name=reason]", "后面我已经安抚了客户，请再听一遍。")
    agent.page.click("text=提交申诉")
    agent.page.wait_for_selector("text=申诉待答复")

    lead.go("/desk/appeals")
    lead.page.click("text=处理")
    lead.page.fill("[data-item=tone] [data-part=points]", "3")
    lead.page.fill("[name=words]", "申诉成立，语气部分改判。")
    lead.page.click("[value=accept]")
    lead.page.wait_for_url("**/desk/appeals")
    lead.page.wait_for_selector("text=成立")
    after = float(lead.page.inner_text("table td.n >> nth=1"))
    assert after > score

    lead.go("/desk/boards?view=agents&unit=day")
    cells = lead.page.locator("#board tbody tr >> nth=0").locator("td").all_inner_texts()
    with lead.page.expect_download() as got:
        lead.page.click("text=CSV")
    line = Path(got.value.path()).read_text("utf-8-sig").splitlines()[1].split(",")
    assert cells[0] == line[0] == "anna"
    assert float(cells[3]) == float(line[3])
    assert [admin.wrong, lead.wrong, agent.wrong] == [[], [], []]


def judge_by_keyboard(browser: Any, base: str) -> float:
    """One call from the queue to submitted, with no mouse at all; returns the score."""
    inspector = Visitor(browser, base)
    inspector.log_in("ines", PASSWORD)
    page = inspector.page
    inspector.press("n")
    page.wait_for_url("**/desk/tasks/*")
    page.wait_for_selector("#lane-1 path", state="attached")
    inspector.press("j")
    until(page, "!document.getElementById('audio').paused")
    inspector.press("0")
    page.wait_for_selector(".finding[data-said='0']")
    inspector.press(" ")
    while page.locator(".item.asked").count():
        before = page.locator(".item.asked").count()
        inspector.press("/")
        page.keyboard.type("1")
        inspector.press("Escape")
        until(page, f"document.querySelectorAll('.item.asked').length < {before}")
    page.wait_for_selector("#saved[data-state=saved]")
    score = float(page.inner_text("#total"))
    where = page.url
    inspector.press("Enter")
    page.wait_for_url(lambda url: url != where)
    page.wait_for_load_state()
    assert inspector.wrong == []
    return score


def test_nothing_typed_is_lost(browser: Any, site: tuple[str, str], store: Store) -> None:
    base, _ = site
    people.create_user(store, "lena", role="lead")
    people.set_password(store, "lena", PASSWORD, by="lena")
    one = Visitor(browser, base)
    one.log_in("lena", PASSWORD)
    one.go("/desk/plans")
    one.page.click("text=现在抽取")
    one.go("/desk/queue")
    one.press("n")
    one.page.wait_for_url("**/desk/tasks/*")
    where = one.page.url
    other = one.context.new_page()
    other.goto(where)

    one.page.context.set_offline(True)
    one.page.fill("#comment", "断网时写的")
    one.page.wait_for_selector("#saved[data-state=retrying]")
    one.page.context.set_offline(False)
    one.page.wait_for_selector("#saved[data-state=saved]")

    other.fill("#comment", "另一个窗口写的")
    other.wait_for_selector("#conflict button")
    other.click("#conflict button >> nth=1")
    assert other.input_value("#comment") == "断网时写的"
    one.page.fill("#comment", "关掉之前的半句")
    one.page.close()
    other.reload()
    until(other, "document.getElementById('comment').value === '关掉之前的半句'")


PAGES = {
    "ines": (
        "/desk/queue",
        "/desk/tasks/1",
        "/desk/calls/call-1",
        "/desk/calibrations",
        "/desk/appeals",
    ),
    "lena": ("/desk/boards", "/desk/boards?view=steps", "/desk/plans", "/desk/scorecards"),
    "adam": ("/desk/people", "/desk/audit"),
    "anna": ("/desk/my", "/desk/calls/call-1"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(
    browser: Any, tmp_path: Path, settled_file: Path, scheme: str
) -> None:
    axe_source()
    shutil.copy(settled_file, tmp_path / "town.db")
    store = Store.open(str(tmp_path / "town.db"))
    settings = Settings(data_dir=tmp_path / "data")
    prepare_desk(store, settings)
    put_with_sound(store, tmp_path)
    sampling.draw(store, since=datetime.now(UTC) - timedelta(days=9), by="lena")
    with serving(store, settings) as base:
        for login, paths in PAGES.items():
            visitor = Visitor(browser, base)
            visitor.page.emulate_media(color_scheme=scheme)
            visitor.log_in(login, PASSWORD)
            for path in paths:
                visitor.go(path)
                visitor.accessible()
            assert visitor.wrong == []
    store.close()
