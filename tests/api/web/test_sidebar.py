"""The sidebar in a real browser, with a call played into it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.auth import Right
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import (
    Server,
    close_stream,
    feeding,
    next_message,
    play,
    running,
    settings_for,
)
from tests.api.live.speech import Line, record, scripted_hearing
from tests.api.web.conftest import CHROMIUM, FLAGS, Watched

pytestmark = pytest.mark.browser

FORBIDDEN: list[Line] = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")]
MISHEARD: list[Line] = [(0, 400, "这些我都知道了您放心")]
BUDGET = 15_000
"""Bytes over the wire for the whole page, from an empty cache."""


def audio(lines: list[Line], duration_ms: int) -> bytes:
    return encode(record(lines, duration_ms), Encoding.LINEAR16)


def address(server: Server, call: str, more: str = "") -> str:
    return f"{server.http}/sidebar?call={call}{more}#token={server.token(call, Right.WATCH)}"


class PhoneLine:
    """A feeder on its own loop, so that the browser's thread can look in between."""

    def __init__(self, server: Server, call: str) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._entered = feeding(server, call, "&agent=1001")
        self.socket = self._do(self._entered.__aenter__())
        self._do(next_message(self.socket))

    def say(self, data: bytes, pause_s: float = 0.0) -> None:
        self._do(play(self.socket, data, pause_s=pause_s))

    def hang_up(self) -> None:
        self._do(close_stream(self.socket))

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


def test_a_call_plays_into_the_sidebar(server: Server, watched: Watched) -> None:
    page = watched.page
    page.goto(address(server, "b1"))
    page.locator("#state", has_text="等待通话").wait_for()
    line = PhoneLine(server, "b1")
    line.say(audio(FORBIDDEN, 6_500))
    page.locator("#prompt .suggest", has_text="让我帮您查询一下相关信息").wait_for()
    page.locator("#prompt small", has_text="已确认").wait_for()
    page.locator("#steps .done", has_text="开场问候").wait_for()
    assert page.locator("#count").inner_text() == "1/2"
    assert page.locator("#steps .next").inner_text().startswith("结束语")
    page.locator("#lines .agent[data-severity=high]", has_text="这个我不知道").wait_for()
    line.hang_up()
    page.locator("#state", has_text="通话结束").wait_for()
    page.locator("#prompt", has_text="不可评 · 只有一方说话").wait_for()
    watched.clean(server)
    assert watched.bytes <= BUDGET


def test_a_prompt_that_was_wrong_is_taken_back_before_the_eyes(
    server: Server, watched: Watched
) -> None:
    page = watched.page
    page.goto(address(server, "b2"))
    line = PhoneLine(server, "b2")
    whole = audio(MISHEARD, 4_000)
    line.say(whole[: 64 * 1_900])
    page.locator("#prompt small", has_text="待确认").wait_for()
    line.say(whole[64 * 1_900 :])
    page.locator("#prompt", has_text="已撤回").wait_for()
    page.locator("#lines", has_text="这些我都知道了您放心").wait_for()
    watched.clean(server)


def test_the_agent_can_wave_a_prompt_away_with_the_keyboard(
    server: Server, watched: Watched
) -> None:
    page = watched.page
    page.goto(address(server, "b3"))
    line = PhoneLine(server, "b3")
    line.say(audio(FORBIDDEN, 6_500))
    page.locator("#prompt .suggest").wait_for()
    page.keyboard.press("Escape")
    page.locator("#prompt .calm", has_text="正在听").wait_for()
    page.keyboard.press("m")
    page.locator("#prompt", has_text="已静音").wait_for()
    call = server.calls.find("b3")
    assert call is not None
    assert call.live.told.prompts.tally["dismissed"] == 1


def test_english_is_one_click_away_and_keeps_the_call(server: Server, watched: Watched) -> None:
    page = watched.page
    page.goto(address(server, "b4"))
    page.locator("#language").click()
    page.locator("#state", has_text="waiting for the call").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    watched.clean(server)


def test_silence_of_the_server_is_shown_as_stale(server: Server, watched: Watched) -> None:
    page = watched.page
    page.clock.install()
    page.goto(address(server, "b5"))
    page.locator("#state", has_text="等待通话").wait_for()
    page.route_web_socket("**", lambda socket: None)
    server.calls.settings.heartbeat_s = 600.0
    page.wait_for_timeout(100)
    page.clock.fast_forward(20_000)
    page.locator("#stale", has_text="没有消息").wait_for()
    server.calls.settings.heartbeat_s = 0.3


def test_the_page_survives_a_restart_of_the_server(tmp_path: Path, watched: Watched) -> None:
    page = watched.page
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as first:
        page.goto(address(first, "b6"))
        line = PhoneLine(first, "b6")
        line.say(audio(FORBIDDEN, 6_500))
        page.locator("#lines", has_text="这个我不知道").wait_for()
        port = first.port
    page.locator("#state", has_text="正在重连").wait_for()
    # Nobody comes back to feed the call, so it ends a while after the next start.
    settings = settings_for(tmp_path, port=port, resume_s=1.0)
    with running(settings, scripted_hearing(tmp_path)) as second:
        page.locator("#state", has_text="通话结束").wait_for()
        assert page.locator("#lines .agent").count() == 2
        watched.clean(second)


@contextmanager
def crm_page(sidebar: str) -> Iterator[str]:
    """Another site, with the sidebar in a frame."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><title>CRM</title><iframe src='{sidebar}'></iframe>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    site = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_port}/"
    site.shutdown()
    site.server_close()


@pytest.mark.parametrize("allowed", [True, False], ids=["a listed site", "any other site"])
def test_only_listed_sites_can_frame_it_and_there_it_needs_no_cookies(
    chromium: Any, tmp_path: Path, allowed: bool
) -> None:
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text('{"profile": {"cookie_controls_mode": 1}}')
    ancestors = ("http://localhost:*",) if allowed else ()
    settings = settings_for(tmp_path, frame_ancestors=ancestors)
    with (
        running(settings, scripted_hearing(tmp_path)) as server,
        crm_page(address(server, "b7")) as site,
    ):
        context = chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=list(FLAGS), locale="zh-CN"
        )
        page = context.new_page()
        page.goto(site)
        state = page.frame_locator("iframe").locator("#state", has_text="等待通话")
        if allowed:
            state.wait_for()
        else:
            page.wait_for_timeout(1_000)
            assert state.count() == 0
        assert context.cookies() == []
        context.close()


def test_in_a_crm_frame_nothing_of_one_call_stays_for_the_next(
    browser: Any, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, frame_ancestors=("http://localhost:*",))
    with (
        running(settings, scripted_hearing(tmp_path)) as server,
        crm_page(f"{server.http}/sidebar") as site,
    ):
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(site)
        sidebar = page.frame_locator("iframe")
        sidebar.locator("#state", has_text="没有通话").wait_for()
        assert "正在连接" not in sidebar.locator("body").inner_text()

        def hand_over(call: str) -> None:
            token = server.token(call, Right.WATCH) if call else ""
            page.evaluate(
                "([call, token]) => document.querySelector('iframe').contentWindow"
                ".postMessage({type: 'qa-engine', call, token}, '*')",
                [call, token],
            )

        hand_over("one")
        line = PhoneLine(server, "one")
        line.say(audio(FORBIDDEN, 6_500))
        sidebar.locator("#prompt .suggest").wait_for()
        sidebar.get_by_role("button", name="静音").click()
        sidebar.locator("#prompt", has_text="已静音").wait_for()
        sidebar.locator("#clock", has_text="0:0").wait_for()
        line.hang_up()
        sidebar.locator("#prompt", has_text="不可评").wait_for()
        hand_over("two")
        sidebar.locator("#state", has_text="等待通话").wait_for()
        assert sidebar.locator("#clock").inner_text() == ""
        assert "不可评" not in sidebar.locator("#prompt").inner_text()
        assert sidebar.locator("#count").inner_text() == ""
        second = PhoneLine(server, "two")
        second.say(audio(FORBIDDEN, 3_000))
        sidebar.locator("#prompt .calm", has_text="正在听").wait_for()
        hand_over("")
        sidebar.locator("#state", has_text="没有通话").wait_for()
        assert sidebar.locator("#lines p").count() == 0
        context.close()
