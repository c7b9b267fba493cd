"""A rule that is always wrong: found on the page, heard, mended, tried on the past, published to a
running server, and taken back; on both databases, in a real browser, with real calls.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.hearing import Hearing
from api.live.changing_rules import ChangingSessions
from api.live.session_factory import SessionFactory
from api.live.wire_audio import Encoding, encode
from api.review.accounts import people
from api.review.scores import scorecards
from api.rulebook.in_force import in_force
from api.rulebook.judges import judge_in_force
from api.rulebook.versions import Origin, publish
from api.store import Store, verdicts
from models.judging import SentenceJudge
from models.judging.opening import OF_STORE
from phrasebook import Phrasebook
from qa_engine.matching import Matcher
from tests.api.desk.conftest import PASSWORD
from tests.api.desk.visitor import Visitor, chromium
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    wait_for,
)
from tests.api.live.speech import LoudnessVoice, ScriptedRecogniser, record
from tests.api.review.calls import put
from tests.api.review.sound import put_with_sound
from tests.api.rulebook.packs import small

pytestmark = pytest.mark.browser

RULE = "s1-1-dont-know"
CALLS = 24
AUDIO = encode(
    record([(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")], 16_000),
    Encoding.LINEAR16,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def pack() -> Phrasebook:
    return small(
        ("id: dont-know, title: 说不知道", f"id: {RULE}, title: 推说不知道"),
        ("say: 我不知道,", "say: 我...2不知道,"),
    )


def fill(store: Store, folder: Path) -> None:
    """Calls that the rule hits, every hit overturned by an inspector; one of them with sound."""
    publish(store, pack(), note="", by="lena", follows=0, origin=Origin.IMPORT)
    scorecards.ensure(store, pack())
    put_with_sound(store, folder, CALLS)
    for number in range(1, CALLS):
        put(store, number)
    for number in range(1, CALLS + 1):
        report = store.load(f"call-{number}")
        assert report is not None
        with store.writing() as connection:
            for hit in report.hits:
                if hit.rule == RULE:
                    verdicts.give(
                        connection,
                        verdicts.Verdict(
                            call_id=f"call-{number}",
                            hit_id=hit.id,
                            rule=hit.rule,
                            utterance=hit.utterance,
                            begin_char=hit.begin_char,
                            end_char=hit.end_char,
                            right=False,
                            by="ines",
                        ),
                    )
    people.create_user(store, "lena", role="lead")
    people.set_password(store, "lena", PASSWORD, by="lena")


@pytest.fixture
def server(store: Store, store_url: str, tmp_path: Path) -> Iterator[Server]:
    fill(store, tmp_path)
    recogniser = ScriptedRecogniser()

    def make(book: Phrasebook) -> SessionFactory:
        return SessionFactory(book, Matcher(book), recogniser, voice=LoudnessVoice())

    book = in_force(store).book
    hearing = Hearing(ChangingSessions(book, make, store), recogniser, book)
    with running(settings_for(tmp_path, store=store_url), hearing) as up:
        yield up


class RunningCall(threading.Thread):
    """A live call in a loop of its own: half of it, and the rest when it is told to go on."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(daemon=True)
        self.server, self.call = server, name
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.told: list[Json] = []
        self.start()
        assert self.begun.wait(30)

    def run(self) -> None:
        asyncio.run(self._speak())

    async def _speak(self) -> None:
        async with feeding(self.server, self.call, "&events=true") as feeder:
            await play(feeder, AUDIO[: len(AUDIO) // 2])
            self.begun.set()
            await asyncio.to_thread(self.go_on.wait, 120)
            await play(feeder, AUDIO[len(AUDIO) // 2 :])
            self.told = await close_stream(feeder)

    def end(self) -> list[str]:
        """The rules that were hit, when it is over."""
        self.go_on.set()
        self.join(60)
        return [m["hit"]["rule"] for m in of(self.told, "hit") if m["state"] == "confirmed"]


def test_from_a_false_alarm_to_a_new_version_and_back(
    browser: Any, server: Server, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(OF_STORE, "")
    sessions = server.calls._sessions
    assert isinstance(sessions, ChangingSessions)
    lead = Visitor(browser, server.http)
    page = lead.page
    lead.log_in("lena", PASSWORD)

    lead.go("/desk/rules")
    worst = page.locator("#rules tbody tr").first
    assert "推说不知道" in worst.inner_text()
    assert "0%" in worst.inner_text()
    assert "误报多" in worst.inner_text()
    lead.accessible()
    worst.locator("a").click()
    page.wait_for_selector(".hear")
    page.click(f'.hear[data-call="call-{CALLS}"]')
    page.wait_for_function("document.getElementById('audio').currentTime > 0")
    page.click("#places .use >> nth=0")
    page.wait_for_selector("#tried .yes")

    page.fill("#as-form [name=say]", "我[真的]{没有}不知道")
    page.wait_for_selector("#problems .level-error")
    assert "名单" in page.inner_text("#problems")
    page.fill("#as-form [name=say]", "我真的完全不知道")
    page.wait_for_selector("#tried .no")
    page.wait_for_selector("#saved[data-state=saved]")
    lead.accessible()
    before = RunningCall(server, "before")
    first = sessions.version

    page.click("#to-draft")
    page.wait_for_url("**/desk/rules/draft")
    page.click("#trial button.main")
    page.wait_for_selector(".tried-rule", timeout=120_000)
    assert f"−{CALLS}" in page.inner_text(".tried-rule summary")
    lead.accessible()
    page.fill("[name=note]", "把客户的话也算了")
    page.click("text=发布为第 2 版")
    page.wait_for_url("**/desk/rules/history")
    assert "把客户的话也算了" in page.inner_text("main")
    wait_for(lambda: sessions.version != first, 30)

    assert RULE in before.end()
    assert RULE not in RunningCall(server, "after").end()

    page.click("summary >> nth=1")
    page.fill("[name=note]", "再想想")
    page.click("text=我确认：几秒内新通话改按第 1 版")
    page.click("text=回滚到第 1 版")
    page.wait_for_selector("text=再想想")
    lead.accessible()
    wait_for(lambda: sessions.version == first, 30)
    assert RULE in RunningCall(server, "again").end()
    assert in_force(store).number == 3

    SentenceJudge({}).save(tmp_path / "judge.npz")
    lead.go("/desk/rules/judge")
    lead.accessible()
    page.set_input_files("#publish [name=file]", tmp_path / "judge.npz")
    page.fill("#publish [name=note]", "按新裁定重新训练")
    page.click("text=发布为第 1 版")
    page.wait_for_selector(".versions >> text=按新裁定重新训练")
    wait_for(lambda: sessions.judge == judge_in_force(store) != "", 30)
    page.click("text=回滚到随软件安装的")
    page.wait_for_selector("text=发布为第 3 版")
    lead.accessible()
    wait_for(lambda: sessions.judge == "", 30)
    assert lead.wrong == []
    lead.context.close()
