"""The page in a real browser: heard, walked with the keyboard, and quiet on the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qa_engine.report import ReportWarning
from qa_engine.report.html import render_html
from tests.qa_engine.report.sample import CALL, sample_report, sound, utterances, write_wav
from tests.qa_engine.report.test_text_page import text_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    recording = write_wav(folder / "call.wav", sound())
    path = folder / "call.html"
    path.write_text(render_html(sample_report(), recording=recording), encoding="utf-8")
    return path


class Visit:
    """A page opened from disk; it fails the test on any error and on any request outside."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1280) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", color_scheme="light"
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *raised: object) -> None:
        self.context.close()
        if raised[0] is None:
            assert self.errors == []
            outside = [url for url in self.requests if not url.startswith(("file:", "data:"))]
            assert outside == []


PLAYING = "() => !audio.paused && audio.currentTime > {0} && audio.currentTime < {0} + 20"


def test_a_flag_is_heard_when_clicked(browser: Browser, saved: Path) -> None:
    with Visit(browser, saved) as page:
        page.locator(".flag-area").nth(4).click()
        begin_s = CALL[8][1]
        page.wait_for_function(PLAYING.format(begin_s))
        assert page.locator("li.finding.picked").count() == 1


def test_a_click_on_the_waveform_plays_from_there(browser: Browser, saved: Path) -> None:
    with Visit(browser, saved) as page:
        box = page.locator("#wave").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + 70)
        page.wait_for_function(PLAYING.format(0.6 * 104))
        assert page.locator(".row.current, .gap.current").count() <= 1


def test_the_keyboard_walks_and_pauses(browser: Browser, saved: Path) -> None:
    with Visit(browser, saved) as page:
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.locator("li.finding.picked").get_attribute("data-finding") == "2"
        page.wait_for_function(PLAYING.format(20))
        page.keyboard.press("Space")
        page.wait_for_function("() => audio.paused")
        page.keyboard.press("k")
        assert page.locator("li.finding.picked").get_attribute("data-finding") == "1"
        page.keyboard.press("Space")
        page.wait_for_function("() => audio.paused")
        at = page.evaluate("() => audio.currentTime")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"() => audio.currentTime > {at} + 4")


def test_the_language_switches_and_comes_back(browser: Browser, saved: Path) -> None:
    with Visit(browser, saved) as page:
        chinese = page.locator(".transcript h2").inner_text()
        page.locator("#language").click()
        assert page.locator(".transcript h2").inner_text() == "Transcript"
        assert page.locator(".headline").inner_text().startswith("Below the pass mark of 85")
        assert page.evaluate("() => document.documentElement.lang") == "en"
        page.locator("#language").click()
        assert page.locator(".transcript h2").inner_text() == chinese


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(browser: Browser, saved: Path, width: int) -> None:
    with Visit(browser, saved, width=width) as page:
        scroll = page.evaluate("() => document.documentElement.scrollWidth")
        assert scroll <= width


def test_a_moment_can_be_linked_to(browser: Browser, saved: Path) -> None:
    with Visit(browser, saved) as page:
        page.goto(f"{saved.as_uri()}#t=42.5")
        page.reload()
        assert page.locator("#now").inner_text() == "00:42"


def test_a_text_is_walked_by_its_lines(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "text.html"
    path.write_text(render_html(text_report()), encoding="utf-8")
    with Visit(browser, path) as page:
        page.keyboard.press("j")
        page.keyboard.press("j")
        picked = page.locator("li.finding.picked")
        assert picked.get_attribute("data-finding") == "2"
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        line = picked.locator("a.line").first
        line.click()
        assert page.url.endswith(line.get_attribute("href") or "nowhere")
        assert page.locator(page.url[page.url.index("#") :]).count() == 1


ATTACK = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


def test_what_was_said_and_file_names_cannot_run(browser: Browser, tmp_path: Path) -> None:
    spoken = utterances(((CALL[0][0], 1.0, 5.0, f"您好{ATTACK}我不知道"), *CALL[1:]))
    report = sample_report(
        spoken,
        file=f'"{ATTACK}.wav',
        warnings=(ReportWarning(code="mono", message=ATTACK, message_zh=ATTACK),),
    )
    path = tmp_path / "attack.html"
    path.write_text(render_html(report), encoding="utf-8")
    with Visit(browser, path) as page:
        page.locator("#language").click()
        assert "owned" != page.title()
        assert page.locator("img").count() == 0
        assert page.locator("body script").count() == 2
