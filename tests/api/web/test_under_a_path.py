"""The pages of a server under a path of its host, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.auth import Right
from api.review.accounts import people
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing
from tests.api.web.conftest import Watched
from tests.api.web.test_sidebar import FORBIDDEN, PhoneLine, audio

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(settings_for(tmp_path, root_path="/qa"), scripted_hearing(tmp_path)) as up:
        yield up


def test_sidebar_board_and_desk_work_under_the_prefix(server: Server, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1_100, "height": 700})
    page.goto(f"{server.http}/qa/board#token={server.token('*', Right.SUPERVISE)}")
    line = PhoneLine(server, "p1")
    line.say(audio(FORBIDDEN, 6_500))
    page.locator("#calls tr").click()
    page.frame_locator("#view").locator("#lines", has_text="这个我不知道").wait_for()
    line.hang_up()
    password = people.first_admin(server.app.state.store)
    page.goto(f"{server.http}/qa/")
    page.wait_for_url(re.compile("/qa/desk/login"))
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", str(password))
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/qa/desk/password"))
    watched.clean(server)
