"""What a browser does to the desk: nothing typed is lost, and everybody can use it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.desk.desk import prepare_desk
from api.review.accounts import people
from api.review.sampling import drawing
from api.settings import Settings
from api.store import Store
from tests.api.desk.conftest import PASSWORD
from tests.api.desk.visitor import Visitor, axe_source, chromium, serving, until
from tests.api.review.sound import put_with_sound

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


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
def sampled(tmp_path: Path, settled_file: Path) -> Iterator[str]:
    """A settled desk with a recording under its calls and a fresh sample in its queue."""
    shutil.copy(settled_file, tmp_path / "town.db")
    store = Store.open(str(tmp_path / "town.db"))
    settings = Settings(data_dir=tmp_path / "data")
    prepare_desk(store, settings)
    put_with_sound(store, tmp_path)
    drawing.draw(store, since=datetime.now(UTC) - timedelta(days=9), by="lena")
    with serving(store, settings) as base:
        yield base
    store.close()


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


@pytest.fixture
def judging(browser: Any, tmp_path: Path, settled_file: Path) -> Iterator[Visitor]:
    """An inspector with a sampled call open, its recording under it."""
    with sampled(tmp_path, settled_file) as base:
        visitor = Visitor(browser, base)
        visitor.log_in("ines", PASSWORD)
        visitor.press("n")
        visitor.page.wait_for_url("**/desk/tasks/*")
        visitor.page.wait_for_selector("#lane-1 path", state="attached")
        yield visitor


def test_a_finding_plays_from_a_second_before_it_and_loops(judging: Visitor) -> None:
    page = judging.page
    begin_s = int(page.get_attribute("#finding-1", "data-begin") or 0) / 1_000
    end_s = int(page.get_attribute("#finding-1", "data-end") or 0) / 1_000
    judging.press("l")
    assert page.get_attribute("#loop", "aria-pressed") == "true"
    judging.press("]", "]", "]")
    assert page.input_value("#speed") == "2"

    started = page.evaluate(
        """() => new Promise(told => {
          const audio = document.getElementById("audio");
          audio.addEventListener("seeked", () => told(audio.currentTime), {once: true});
          document.querySelector("#finding-1 .time").click();
        })"""
    )
    assert abs(started - max(0, begin_s - 1)) < 0.05
    until(page, f"document.getElementById('audio').currentTime > {begin_s}")
    until(page, f"document.getElementById('audio').currentTime < {begin_s}")
    assert page.evaluate("document.getElementById('audio').currentTime") <= end_s + 1
    judging.press("ArrowRight", " ")
    assert page.evaluate("document.getElementById('audio').paused")
    assert judging.wrong == []


def test_a_link_to_a_finding_opens_there(judging: Visitor) -> None:
    judging.press("j", "j")
    address = judging.page.url
    assert address.endswith("#hit=2")
    other = judging.context.new_page()
    other.goto(address)

    other.wait_for_selector("#finding-2.picked")
    assert other.evaluate("document.getElementById('audio').paused")


def test_words_are_marked_as_missed_with_a_rule_to_choose(judging: Visitor) -> None:
    page = judging.page
    line = page.locator("[data-utterance] > span[data-at]").first
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 8)
    page.mouse.up()
    page.click("#mark-missed")
    until(page, "document.querySelectorAll('#rule option').length > 3")
    page.fill("#rule-filter", "承诺")
    assert page.locator("#rule option").all_inner_texts() == ["承诺过度"]
    page.click("#keep-missed")
    page.wait_for_selector("#marks-list li:has-text('承诺过度')")
    page.reload()
    page.wait_for_selector("mark.missed")
    page.click("#marks-list button:has-text('撤销')")
    page.wait_for_selector("#marks", state="hidden")
    assert judging.wrong == []


def test_a_line_clicked_thrice_is_chosen_whole(judging: Visitor) -> None:
    page = judging.page
    line = page.locator(".row.role-agent [data-utterance]").first
    line.click(click_count=3)
    page.wait_for_selector("#marker:not([hidden])")
    chosen = page.evaluate(
        "(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.getElementById('marked'))"
    )
    assert chosen == page.input_value("#marked")
    assert chosen in line.inner_text()
    assert judging.wrong == []


def test_the_key_opens_an_agents_line_and_rules_of_the_other_side_are_not_offered(
    judging: Visitor,
) -> None:
    page = judging.page
    customers = page.locator(".row.role-customer [data-utterance]").first
    customers.click(click_count=3)
    page.wait_for_selector("#marker:not([hidden])")
    page.click("#mark-missed")
    until(page, "document.querySelectorAll('#rule option').length > 0")
    page.fill("#rule-filter", "承诺")
    assert page.locator("#rule option").count() == 0
    page.click("#marker-close")
    judging.press("m")
    page.wait_for_selector("#marked:focus")
    said = page.locator(".row.role-agent [data-utterance]").all_inner_texts()
    assert page.input_value("#marked") in "".join(said)
    assert judging.wrong == []


def test_words_are_marked_by_keyboard_alone(judging: Visitor) -> None:
    page = judging.page
    judging.press("m")
    page.wait_for_selector("#marked:focus")
    judging.press("ArrowDown", "Home", "Shift+ArrowRight", "Shift+ArrowRight")
    chosen = page.evaluate(
        "(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.getElementById('marked'))"
    )
    assert len(chosen) == 2
    judging.press("x")
    judging.press("Enter")
    page.wait_for_selector("#rule-filter:focus")
    until(page, "document.querySelectorAll('#rule option').length > 3")
    page.keyboard.type("承诺")
    judging.press("Enter")
    page.wait_for_selector(f"#marks-list li:has-text('{chosen}')")
    assert judging.wrong == []


def test_enter_asks_about_unjudged_findings_and_a_submission_can_be_taken_back(
    judging: Visitor,
) -> None:
    page = judging.page
    where = page.url
    count = page.locator(".finding").count()
    for item in page.locator(".item.asked [data-part=points]").all():
        item.fill("1")
    page.wait_for_selector("#saved[data-state=saved]")
    page.locator("#main").focus()
    judging.press("Enter")
    page.wait_for_selector("#unjudged[open]")
    judging.press("Enter")
    page.wait_for_selector("#finding-1.picked")
    assert page.url.startswith(where.partition("#")[0])

    judging.press(*"1" * count)
    page.wait_for_selector(f"#finding-{count}[data-said='1']")
    until(page, "document.getElementById('audio').paused")
    judging.press("Enter")
    page.wait_for_url("**/desk/queue*")
    page.wait_for_selector("#undo")
    judging.press("z")
    page.wait_for_url("**/desk/tasks/*")
    assert page.locator(".finding[data-said='1']").count() == count
    assert judging.wrong == []


def test_points_that_an_item_does_not_have_are_told_and_not_taken(judging: Visitor) -> None:
    page = judging.page
    open_ones = page.locator(".item.asked").count()
    judging.press("/")
    page.keyboard.type("222")
    page.wait_for_selector("[data-part=points][aria-invalid=true]")
    page.wait_for_selector("#saved[data-state=saved]")
    assert "之间的分数" in str(page.locator("[aria-invalid=true]").get_attribute("title"))
    assert page.locator(".item.asked").count() == open_ones

    page.keyboard.press("Escape")
    judging.press("/")
    page.keyboard.type("1")
    until(page, f"document.querySelectorAll('.item.asked').length === {open_ones - 1}")
    assert page.locator("[aria-invalid=true]").count() == 0


def test_one_before_j_judges_the_first_finding_and_the_others_cards_follow(
    judging: Visitor,
) -> None:
    judging.press("1")

    judging.page.wait_for_selector("#finding-1[data-said='1']")
    judging.page.wait_for_selector("#transcript mark[data-finding='1'][data-said='1']")
    # The third is the second's breach again: judged wrong, the second leaves it to the third.
    judging.page.wait_for_selector("#finding-3 .effect:has-text('同一处问题只扣一次')")
    judging.page.click("#finding-2 [data-right='0']")
    judging.page.wait_for_selector("#finding-3 .effect", state="detached")


def test_a_row_of_the_queue_opens_wherever_it_is_clicked(
    browser: Any, tmp_path: Path, settled_file: Path
) -> None:
    with sampled(tmp_path, settled_file) as base:
        visitor = Visitor(browser, base)
        visitor.log_in("ines", PASSWORD)
        visitor.go("/desk/queue")
        visitor.page.locator("table.queue tbody tr").first.locator("td.when").click()
        visitor.page.wait_for_url("**/desk/tasks/*")
        assert visitor.wrong == []


def test_a_call_that_was_left_is_free_again(judging: Visitor) -> None:
    judging.page.click("nav a >> nth=1")
    judging.page.wait_for_url("**/desk/search*")

    judging.go("/desk/queue")

    judging.page.wait_for_selector("td:has-text('待领')")
    assert judging.page.locator("td:has-text('我在处理')").count() == 0


def test_single_keys_can_be_switched_off(judging: Visitor) -> None:
    page = judging.page
    judging.press("?")
    page.uncheck("#keys-on")
    judging.press("Escape")
    judging.press("1", "Enter")
    page.reload()
    page.wait_for_selector(".finding")

    assert page.locator(".finding[data-said='1']").count() == 0


def test_an_expired_session_keeps_the_words_and_shows_the_way_on(judging: Visitor) -> None:
    page = judging.page
    judging.context.clear_cookies()
    page.fill("#comment", "会话过期前写的话")
    page.wait_for_selector("#conflict a")
    assert "登录已过期" in page.inner_text("#conflict")

    page.click("#conflict a")
    page.fill("[name=login]", "ines")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/tasks/*")
    until(page, "document.getElementById('comment').value === '会话过期前写的话'")
    page.wait_for_selector("#saved[data-state=saved]")
    page.reload()
    assert page.input_value("#comment") == "会话过期前写的话"


PAGES = {
    "ines": (
        "/desk/queue",
        "/desk/tasks/1",
        "/desk/calls/call-1",
        "/desk/calls/unknown",
        "/desk/search?q=踢皮球",
        "/desk/calibrations",
        "/desk/appeals",
        "/desk/password",
    ),
    "lena": (
        "/desk/boards",
        "/desk/boards?view=phrases",
        "/desk/boards?view=steps",
        "/desk/boards?view=conduct",
        "/desk/boards?on=2020-01-01",
        "/desk/plans",
        "/desk/scorecards",
        "/desk/calibrations?call=call-1",
        "/desk/coaching?agent=anna",
        "/desk/notices",
        "/desk/queue?lang=en",
    ),
    "adam": ("/desk/people", "/desk/persons", "/desk/audit"),
    "anna": ("/desk/my", "/desk/calls/call-1"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit_their_window(
    browser: Any, tmp_path: Path, settled_file: Path, scheme: str
) -> None:
    axe_source()
    with sampled(tmp_path, settled_file) as base:
        for login, paths in PAGES.items():
            visitor = Visitor(browser, base)
            visitor.page.emulate_media(color_scheme=scheme)
            visitor.log_in(login, PASSWORD)
            for path in paths:
                visitor.go(path)
                visitor.accessible()
                visitor.page.set_viewport_size({"width": 390, "height": 844})
                assert not visitor.too_wide, path
                assert visitor.squeezed == [], path
                visitor.page.set_viewport_size({"width": 1280, "height": 900})
            assert [line for line in visitor.wrong if "404" not in line] == []
