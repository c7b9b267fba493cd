"""The supervisor's board in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.auth import Right
from api.live import socket_auth
from api.review.accounts import people
from api.store.tables import audit
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import Line, scripted_hearing
from tests.api.web.conftest import Watched
from tests.api.web.test_sidebar import PhoneLine, audio

pytestmark = pytest.mark.browser

PASSWORD = "a sentence nobody guesses"
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


@pytest.fixture
def staffed(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """With an inspector and an administrator; logins are looked at often."""
    monkeypatch.setattr(socket_auth, "LOGIN_LOOK_S", 0.2)
    for login, role in (("ines", "inspector"), ("adam", "admin")):
        people.create_user(server.app.state.store, login, role=role)
        people.set_password(server.app.state.store, login, PASSWORD, by=login)
    return server


def log_in(page: Any, login: str) -> None:
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def test_an_inspector_logs_in_to_the_board_and_is_shown_nothing_after_a_logout(
    staffed: Server, watched: Watched
) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1_100, "height": 700})
    page.goto(f"{staffed.http}/board")
    page.wait_for_url(re.compile("/desk/login"))
    log_in(page, "ines")
    page.wait_for_url(re.compile("/board$"))
    line = PhoneLine(staffed, "open")
    line.say(audio(THREAT, 6_500))
    page.locator("#calls tr").click()
    page.frame_locator("#view").locator("#lines", has_text="我要向媒体曝光你们").wait_for()
    with staffed.app.state.store.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == "live.watched")).all()
    assert [(row.who, row.subject) for row in rows] == [("ines", "board"), ("ines", "open")]
    watched.clean(staffed)
    people.set_active(staffed.app.state.store, "ines", active=False)
    page.wait_for_url(re.compile("/desk/login"))


def test_an_administrator_may_not_watch_the_board(staffed: Server, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{staffed.http}/board")
    page.wait_for_url(re.compile("/desk/login"))
    log_in(page, "adam")
    page.locator("#state", has_text="账号不能看实时通话").wait_for()
