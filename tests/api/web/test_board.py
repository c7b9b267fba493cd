"""The supervisor's board in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.auth import Right
from api.tokens_http import EntryCode
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import Line, scripted_hearing
from tests.api.web.conftest import Watched
from tests.api.web.test_sidebar import PhoneLine, audio

pytestmark = pytest.mark.browser

THREAT: list[Line] = [(0, 300, "您好感谢致电很高兴为您服务"), (1, 3_600, "我要向媒体曝光你们")]
CALM: list[Line] = [(0, 300, "您好感谢致电很高兴为您服务"), (1, 3_600, "好的谢谢")]


def test_calls_stand_on_the_board_the_worst_first(server: Server, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1_100, "height": 700})
    page.goto(f"{server.http}/board#token={server.token('*', Right.SUPERVISE)}")
    page.locator("#empty").wait_for()
    calm, threat = PhoneLine(server, "calm"), PhoneLine(server, "threat")
    calm.say(audio(CALM, 6_500))
    threat.say(audio(THREAT, 6_500))
    page.locator("#alerts", has_text="我要向媒体曝光").wait_for()
    first = page.locator("#calls tr").first
    first.locator("td", has_text="严重").wait_for()
    assert first.get_attribute("data-call") == "threat"
    page.locator("#filter").fill("好的谢谢")
    page.locator("#calls tr").nth(1).wait_for(state="detached")
    assert page.locator("#calls tr").get_attribute("data-call") == "calm"
    watched.clean(server)


def test_an_alert_leaves_the_board_after_its_call(tmp_path: Path, watched: Watched) -> None:
    page = watched.page
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as first:
        page.goto(f"{first.http}/board#token={first.token('*', Right.SUPERVISE)}")
        line = PhoneLine(first, "threat")
        line.say(audio(THREAT, 6_500))
        page.locator("#alerts li").wait_for()
        line.hang_up()
        page.wait_for_timeout(3_500)
        assert page.locator("#alerts li").count() == 1
        port = first.port
    # Another start knows nothing of a call that ended before it.
    with running(settings_for(tmp_path, port=port), scripted_hearing(tmp_path)):
        page.locator("#alerts li").wait_for(state="detached")
        page.locator("#empty").wait_for()


def test_a_call_opens_beside_the_board_without_buttons(server: Server, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1_100, "height": 700})
    page.goto(f"{server.http}/board#token={server.token('*', Right.SUPERVISE)}")
    line = PhoneLine(server, "open")
    line.say(audio(THREAT, 6_500))
    page.locator("#calls tr").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    view = page.frame_locator("#view")
    view.locator("#lines", has_text="我要向媒体曝光你们").wait_for()
    assert view.locator("#prompt button").count() == 0
    page.locator("#close").click()
    assert page.locator("#detail").is_hidden()
    watched.clean(server)


def test_the_printed_code_opens_the_board_once(tmp_path: Path, watched: Watched) -> None:
    folder = tmp_path
    page = watched.page
    entry = EntryCode("printed-at-the-start")
    with running(settings_for(folder), scripted_hearing(folder), entry=entry) as server:
        page.goto(f"{server.http}/board#enter={entry.code}")
        page.locator("#dot[data-state=live]").wait_for()
        assert "token=" in page.url
        page.reload()
        page.locator("#dot[data-state=live]").wait_for()
        watched.clean(server)
        page.goto("about:blank")
        page.goto(f"{server.http}/board#enter={entry.code}")
        page.locator("#dot[data-state=refused]").wait_for()
