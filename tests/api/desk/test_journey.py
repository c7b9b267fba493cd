"""The whole way, nothing made up: a first start, people, a real batch of recordings, a sampled
queue, a review with the keyboard alone, an appeal, a decision, the board, and its files.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.api.ctrl_c import hears_ctrl_c
from tests.api.desk.conftest import PASSWORD
from tests.api.desk.visitor import Visitor, chromium, until

pytestmark = [pytest.mark.browser, pytest.mark.model]

DEMO = Path(__file__).parents[3] / "api" / "demo"
COMMAND = (sys.executable, "-u", "-c", "from api.cli import main; raise SystemExit(main())")


@dataclass(frozen=True, slots=True)
class Site:
    base: str
    password: str
    """As the first start printed it."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """`qa-engine serve` on an empty store, then `qa-engine batch` into the same."""
    with served(store_url, tmp_path) as site:
        analyse_demo_calls(store_url, tmp_path)
        yield site


@contextlib.contextmanager
def served(store_url: str, folder: Path) -> Iterator[Site]:
    settings = {"QA_ENGINE_DATA_DIR": str(folder / "data"), "QA_ENGINE_DOUBLE_SHARE": "0"}
    command = [*COMMAND, "serve", "--store", store_url, "--port", str(free_port())]
    server = subprocess.Popen(
        command,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        preexec_fn=hears_ctrl_c,
    )
    try:
        said = ""
        assert server.stdout is not None
        while "supervisors' board" not in said:
            line = server.stdout.readline()
            assert line, f"the server ended: {said}"
            said += line
        base = re.search(r"listening on (\S+)", said)
        assert base is not None
        # What goes into a journal holds no secret.
        assert "token=" not in said
        assert "people reset admin" in said
        reset = subprocess.run(
            [*COMMAND, "people", "reset", "admin", "--store", store_url],
            env=os.environ | settings, capture_output=True, text=True, check=True,
        )  # fmt: skip
        password = re.search(r"one-time password (\S+)", reset.stdout)
        assert password is not None
        until_it_answers(base[1])
        yield Site(base[1], password[1])
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        if server.stdout:
            server.stdout.close()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until_it_answers(base: str) -> None:
    import httpx

    from tests.api.live.servers import wait_for

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{base}/readyz").status_code == 200
        return False

    wait_for(ready, 60)


def analyse_demo_calls(store_url: str, folder: Path) -> None:
    """The bundled recordings, all of one agent, an hour apart today."""
    noon = datetime.now().astimezone().replace(hour=0, minute=1)
    rows = ["path,agent,team,started_at"]
    for number, path in enumerate(sorted(DEMO.glob("*.flac"))):
        at = (noon + timedelta(minutes=number)).isoformat()
        rows.append(f"{path},8001,宽带一组,{at}")
    (folder / "calls.csv").write_text("\n".join(rows), "utf-8")
    command = [*COMMAND, "batch", str(folder / "calls.csv"), "--store", store_url]
    shelf = ["--audio", str(folder / "shelf"), "--workers", "1", "--no-pages"]
    done = subprocess.run([*command, *shelf], capture_output=True, text=True, check=False)
    assert "4 analysed, 0 duplicates, 0 failed" in " ".join(done.stdout.split()), done.stderr


def test_from_the_first_start_to_the_export(browser: Any, site: Site) -> None:
    everybody = make_people(browser, site)
    lead, inspector, agent = everybody["lena"], everybody["ines"], everybody["anna"]
    draw_a_sample(lead)

    score = judge_by_keyboard(inspector)

    appeal(agent, score)
    after = decide(lead)
    assert after > score
    assert_the_agent_sees(agent, after)
    assert_the_files_are_the_screen(lead)
    assert {login: visitor.wrong for login, visitor in everybody.items()} == {
        login: [] for login in everybody
    }


def make_people(browser: Any, site: Site) -> dict[str, Visitor]:
    """The administrator of the first start makes them; each changes the password they got."""
    admin = Visitor(browser, site.base)
    admin.log_in("admin", site.password)
    change_password(admin, site.password)
    admin.page.wait_for_url("**/desk/people")
    found = {"admin": admin}
    for login, role, name in (
        ("lena", "lead", ""),
        ("ines", "inspector", ""),
        ("anna", "agent", "8001"),
    ):
        admin.page.fill("form.line >> nth=0 >> [name=login]", login)
        admin.page.select_option("form.line >> nth=0 >> [name=role]", role)
        admin.page.fill("form.line >> nth=0 >> [name=agent]", name)
        admin.page.click("form.line >> nth=0 >> button.main")
        admin.page.wait_for_selector(f".once:has-text('{login}')")
        first = admin.page.inner_text(".once code")
        found[login] = Visitor(browser, site.base)
        found[login].log_in(login, first)
        change_password(found[login], first)
    return found


def change_password(visitor: Visitor, first: str) -> None:
    visitor.page.fill("[name=old]", first)
    for name in ("new", "again"):
        visitor.page.fill(f"[name={name}]", PASSWORD)
    visitor.page.press("[name=again]", "Enter")
    visitor.page.wait_for_url(re.compile(r"/desk/(?!password)"))


def draw_a_sample(lead: Visitor) -> None:
    """The plans of a first start, and one of the lead's own: every call below 80."""
    lead.go("/desk/plans")
    lead.page.fill("[name=name]", "低分全查")
    lead.page.select_option("[name=kind]", "low_score")
    lead.page.fill("[name=amount]", "80")
    lead.page.click("button.main:has-text('添加')")
    lead.page.click("text=现在抽取")
    lead.page.wait_for_selector(".done")


def judge_by_keyboard(inspector: Visitor) -> float:
    """From the queue to submitted, no mouse at all: one finding overturned, the rest confirmed."""
    page = inspector.page
    inspector.press("n")
    page.wait_for_url("**/desk/tasks/*")
    page.wait_for_selector("#lane-1 path", state="attached")
    assert page.locator(".tags:has-text('低分')").count() == 1
    findings = page.locator(".finding").count()
    assert findings >= 4
    inspector.press("j")
    until(page, "!document.getElementById('audio').paused")
    inspector.press("0")
    page.wait_for_selector("#finding-1[data-said='0']")
    inspector.press(*"1" * (findings - 1))
    for number in range(2, findings + 1):
        page.wait_for_selector(f"#finding-{number}[data-said='1']")
    inspector.press(" ")
    inspector.press("?")
    page.wait_for_selector("dialog[open]")
    inspector.press("Escape")
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
    return score


def appeal(agent: Visitor, score: float) -> None:
    agent.go("/desk/my")
    reviewed = agent.page.locator(".mine li:has(.tag:has-text('已复核'))")
    assert float(reviewed.locator(".points").inner_text()) == score
    reviewed.locator("a").click()
    agent.page.click("summary:has-text('申诉')")
    agent.page.fill("[name=reason]", "后面我已经安抚了客户，请再听一遍。")
    agent.page.click("text=提交申诉")
    agent.page.wait_for_selector("text=申诉待答复")


def decide(lead: Visitor) -> float:
    """Accepted, with a better sheet; returns the new score."""
    lead.go("/desk/appeals")
    lead.page.click("text=处理")
    lead.page.fill("[data-item=tone] [data-part=points]", "3")
    lead.page.fill("[name=words]", "申诉成立，语气部分改判。")
    lead.page.click("[value=accept]")
    lead.page.wait_for_url("**/desk/appeals")
    lead.page.wait_for_selector("text=成立")
    return float(lead.page.inner_text("table td.n >> nth=1"))


def assert_the_agent_sees(agent: Visitor, after: float) -> None:
    agent.go("/desk/my")
    row = agent.page.locator(".mine li:has(.tag:has-text('申诉改判'))")
    assert float(row.locator(".points").inner_text()) == after
    row.locator("a").click()
    agent.page.wait_for_selector(".actions:has-text('申诉成立，语气部分改判。')")


def assert_the_files_are_the_screen(lead: Visitor) -> None:
    for view in ("agents", "teams", "phrases", "steps", "conduct"):
        lead.go(f"/desk/boards?view={view}&unit=day")
        shown = [
            [cell.strip() for cell in row.locator("th, td").all_inner_texts()]
            for row in lead.page.locator("#board tbody tr").all()
        ]
        text = fetched(lead, "CSV").decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(text))
        book = openpyxl.load_workbook(io.BytesIO(fetched(lead, "Excel")))
        sheet = [
            ["" if cell is None else str(cell) for cell in row]
            for row in book.worksheets[0].iter_rows(values_only=True)
        ]
        assert sheet == [head, *[[plain(cell) for cell in row] for row in rows]], view
        assert len(shown) == len(rows) > 0, view
        for screen, row in zip(shown, rows, strict=True):
            assert numbers(screen) <= numbers(row), (view, screen, row)
            assert screen[0].startswith(row[0]), view


def fetched(lead: Visitor, name: str) -> bytes:
    with lead.page.expect_download() as got:
        lead.page.click(f"a[download]:has-text('{name}')")
    return Path(got.value.path()).read_bytes()


def plain(cell: str) -> str:
    """Excel writes 50.0 as 50."""
    return cell.removesuffix(".0")


def numbers(cells: list[str]) -> set[int]:
    """What a row says in figures, rounded as the screen rounds shares."""
    return {round(float(found)) for cell in cells for found in re.findall(r"\d+\.?\d*", cell)}
