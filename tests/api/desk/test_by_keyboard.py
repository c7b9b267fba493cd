"""The long ways of a desk without a mouse: an appeal on one finding and its answer, a coaching note."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.desk.desk import prepare_desk
from api.review.judging import draft_sheet, reviews, submitting
from api.review.scores import scorecards
from api.settings import Settings
from api.store import CallFiling, Store
from qa_engine.rules.counting import Effect, Reason
from tests.api.desk.conftest import PASSWORD
from tests.api.desk.visitor import Visitor, chromium, serving, until
from tests.api.review.calls import report
from tests.api.review.sound import put_with_sound
from tests.qa_engine.report.sample_pack import pack

pytestmark = pytest.mark.browser

MOST_TABS = 80


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@contextlib.contextmanager
def desk(folder: Path, settled_file: Path, prepare: Callable[[Store], None]) -> Iterator[str]:
    """A settled desk with a recording of Anna's, as `prepare` leaves it."""
    shutil.copy(settled_file, folder / "town.db")
    store = Store.open(str(folder / "town.db"))
    settings = Settings(data_dir=folder / "data")
    scorecards.ensure(store, pack())
    prepare_desk(store, settings)
    put_with_sound(store, folder)
    prepare(store)
    with serving(store, settings) as base:
        yield base
    store.close()


def reviewed(store: Store) -> None:
    review = reviews.begin(store, "call-1", purpose="sample", login="ines")
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, review)
    answers = {name: {"points": 1} for name in sheet.missing}
    submitting.submit(store, review.id, login="ines", revision=0, answers=answers, comment="")


def untouched(_: Store) -> None: ...


def tab_to(visitor: Visitor, selector: str) -> None:
    """Tab until this has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        visitor.press("Tab")
        if visitor.page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    pytest.fail(f"{selector} is not reached by Tab")


def typed(visitor: Visitor, words: str) -> None:
    visitor.page.keyboard.type(words)


def logged_in(browser: Any, base: str, login: str) -> Visitor:
    visitor = Visitor(browser, base)
    visitor.log_in(login, PASSWORD)
    return visitor


def test_an_appeal_on_one_finding_is_made_and_answered(
    browser: Any, tmp_path: Path, settled_file: Path
) -> None:
    with desk(tmp_path, settled_file, reviewed) as base:
        agent = logged_in(browser, base, "anna")
        before = appeal_the_first_finding(agent)
        lead = logged_in(browser, base, "lena")
        after = accept_it(lead)
        assert after > before
        assert_she_reads_it(agent, after)
        assert agent.wrong == lead.wrong == []


def appeal_the_first_finding(agent: Visitor) -> float:
    page = agent.page
    tab_to(agent, "a[href$='/desk/calls/call-1']")
    agent.press("Enter")
    page.wait_for_selector("details.appeal", state="attached")
    before = float(page.inner_text("#total"))
    tab_to(agent, "details.appeal summary")
    agent.press("Enter")
    tab_to(agent, "[name=finding]")
    agent.press(" ")
    tab_to(agent, "details.appeal [name=reason]")
    typed(agent, "这一句是客户说的，请再听一遍。")
    tab_to(agent, "details.appeal button")
    agent.press("Enter")
    page.wait_for_selector("text=申诉待答复")
    return before


def accept_it(lead: Visitor) -> float:
    page = lead.page
    tab_to(lead, "a[href$='/desk/notices']")
    assert "1" in page.evaluate("document.activeElement.textContent")
    lead.press("Enter")
    page.wait_for_url("**/desk/notices")
    tab_to(lead, "main a[href$='/desk/appeals']")
    lead.press("Enter")
    page.wait_for_url("**/desk/appeals")
    tab_to(lead, "a[href$='/desk/appeals/1']")
    lead.press("Enter")
    page.wait_for_selector("#decision")
    page.wait_for_selector("#lane-1 path", state="attached")
    # The finding she contests is named, and is the first.
    assert page.locator("#finding-1 .tag:has-text('坐席有异议')").count() == 1
    assert page.locator(".finding .tag:has-text('坐席有异议')").count() == 1
    lead.press("j")
    page.wait_for_selector("#finding-1.picked")
    lead.press("0")
    page.wait_for_selector("#finding-1[data-said='0']")
    tab_to(lead, "#decision [name=words]")
    typed(lead, "复听确认是客户说的，申诉成立。")
    tab_to(lead, "#decision [value=accept]")
    lead.press("Enter")
    page.wait_for_url("**/desk/appeals")
    page.wait_for_selector("text=成立")
    return float(page.inner_text("table td.n >> nth=1"))


def assert_she_reads_it(agent: Visitor, after: float) -> None:
    page = agent.page
    agent.go("/desk/notices")
    tab_to(agent, "main a[href$='/desk/calls/call-1']")
    agent.press("Enter")
    page.wait_for_selector(".actions:has-text('复听确认是客户说的，申诉成立。')")
    assert float(page.inner_text("#total")) == after


def test_a_comment_is_pinned_to_a_second_given_and_acknowledged(
    browser: Any, tmp_path: Path, settled_file: Path
) -> None:
    with desk(tmp_path, settled_file, untouched) as base:
        lead = logged_in(browser, base, "lena")
        page = lead.page
        lead.go("/desk/calls/call-1")
        page.wait_for_selector("#lane-1 path", state="attached")
        lead.press("ArrowRight", "ArrowRight", "c")
        page.wait_for_selector("#pin-words:focus")
        assert page.input_value("#pin-at") == "00:10"
        typed(lead, "这里先致歉，再说明原因。")
        lead.press("Enter")
        page.wait_for_selector("#pins .clips li:has-text('00:10')")
        tab_to(lead, "#pins a[href*='/desk/coaching?agent=anna']")
        lead.press("Enter")
        page.wait_for_url("**/desk/coaching?agent=anna")
        tab_to(lead, "[name=title]")
        typed(lead, "先致歉再解释")
        tab_to(lead, "[name=pin]")
        assert page.is_checked("[name=pin]")
        tab_to(lead, "form.stack button.main")
        lead.press("Enter")
        page.wait_for_url("**/desk/coaching/1")

        agent = logged_in(browser, base, "anna")
        tab_to(agent, "a[href$='/desk/notices']")
        agent.press("Enter")
        agent.page.wait_for_url("**/desk/notices")
        tab_to(agent, "main a[href$='/desk/coaching/1']")
        agent.press("Enter")
        agent.page.wait_for_url("**/desk/coaching/1")
        tab_to(agent, "a[href*='/desk/calls/call-1#t=10000']")
        tab_to(agent, "[name=words]")
        typed(agent, "明白了，下次先致歉。")
        tab_to(agent, "form.stack button.main")
        agent.press("Enter")
        agent.page.wait_for_selector("text=明白了，下次先致歉。")
        assert agent.page.locator("form.stack").count() == 0

        lead.go("/desk/coaching/1")
        page.wait_for_selector("text=明白了，下次先致歉。")
        assert agent.wrong == lead.wrong == []


def with_a_fatal_doubt(store: Store) -> None:
    """The first finding may be fatal, and a person has to say so."""
    made = report(2)
    doubt = replace(
        made.hits[0],
        fatal=True,
        needs_review=True,
        effect=Effect.WAITING,
        effect_reason=Reason.DOUBTFUL,
        points=0.0,
    )
    filing = CallFiling(agent="anna", team="early")
    store.save(replace(made, hits=(doubt, *made.hits[1:])), filing, book=pack())


def test_what_would_be_refused_is_not_offered(
    browser: Any, tmp_path: Path, settled_file: Path
) -> None:
    with desk(tmp_path, settled_file, with_a_fatal_doubt) as base:
        visitor = logged_in(browser, base, "ines")
        page = visitor.page
        visitor.go("/desk/calls/call-2")
        visitor.press("r")
        page.wait_for_url("**/desk/tasks/*")
        page.wait_for_selector(".item.asked")
        visitor.press("j", "j", "1")
        page.wait_for_selector("#finding-2[data-said='1']")
        page.locator("#main").focus()
        visitor.press("Enter")
        page.wait_for_selector("#unjudged[open]")
        assert "必须先判" in page.inner_text("#unjudged-text")
        assert not page.is_visible("#unjudged [value=submit]")
        visitor.press("Enter")
        page.wait_for_selector("#finding-1.picked")
        visitor.press("1")
        page.wait_for_selector("#finding-1[data-said='1']")

        visitor.press("Enter")
        page.wait_for_selector("#unjudged[open]")
        assert "项要填" in page.inner_text("#unjudged-text")
        assert not page.is_visible("#unjudged [value=submit]")
        visitor.press("Escape")
        for item in page.locator(".item.asked [data-part=points]").all():
            item.fill("1")
        until(page, "document.querySelectorAll('.item.asked').length === 0")
        page.locator("#main").focus()
        visitor.press("Enter")
        page.wait_for_selector("#unjudged[open]")
        assert page.is_visible("#unjudged [value=submit]")
        assert visitor.wrong == []


def complained_of(store: Store) -> None:
    """A call of Anna's three days ago, with one finding; a scorecard that asks people nothing."""
    made, at = report(2), datetime.now(UTC) - timedelta(days=3)
    store.save(
        replace(made, hits=made.hits[:1]), CallFiling(agent="anna", started_at=at), book=pack()
    )
    with store.reading() as connection:
        kept = scorecards.current(connection)
    fed = tuple(item for item in kept.card.items if item.feeds)
    scorecards.publish(
        store, replace(kept.card, items=fed), note="", by="lena", follows=kept.version
    )


def test_a_complaint_that_names_an_agent_and_a_day_is_found_and_reviewed_in_under_ten_keys(
    browser: Any, tmp_path: Path, settled_file: Path
) -> None:
    with desk(tmp_path, settled_file, complained_of) as base:
        visitor = logged_in(browser, base, "ines")
        page = visitor.page
        keys: list[str] = []

        def press(*names: str) -> None:
            keys.extend(names)
            visitor.press(*names)

        press("s")
        page.wait_for_selector("[name=agent]:focus")
        typed(visitor, "anna")
        day = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d")
        press("Tab")
        page.fill("[name=begin]:focus", day)
        # Typed digits walk through the parts of a date; one Tab leads from its last to the next.
        keys.append("Tab")
        page.focus("[name=until]")
        page.fill("[name=until]:focus", day)
        press("Enter")
        # The page before it lists calls as well: keys for the list wait for the answer.
        page.wait_for_url("**/desk/search?*agent=anna*")
        page.wait_for_selector("a.line-link")
        press("j", "Enter")
        page.wait_for_url("**/desk/calls/call-2")
        page.wait_for_selector("[data-key=r]")
        press("r")
        page.wait_for_url("**/desk/tasks/*")
        page.wait_for_selector("#lane-1 path", state="attached")
        press("1")
        page.wait_for_selector("#finding-1[data-said='1']")
        press("Enter")
        page.wait_for_url("**/desk/queue*")
        page.wait_for_selector("#undo")
        assert len(keys) < 10
        assert visitor.wrong == []
