from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from qa_engine.audio.errors import AudioError
from qa_engine.report import ReportWarning
from qa_engine.report.html import render_html
from tests.qa_engine.report.sample import (
    AGENT,
    CALL,
    sample_report,
    sound,
    utterances,
    write_wav,
)

PAGE = render_html(sample_report())
ATTACKS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% for x in y %}",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "\u202e反向\u0000零",
)


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.found)


EXPECTED = Elements(PAGE)


def test_nothing_is_fetched_from_anywhere() -> None:
    for tag, attributes in EXPECTED.found:
        for name in ("src", "href", "action", "poster", "srcset"):
            address = attributes.get(name) or ""
            assert address.startswith(("data:", "#")) or not address, (tag, name)
    assert EXPECTED.count("link") == 0
    assert "@import" not in PAGE
    assert re.findall(r"url\((?!#)", PAGE) == []


def test_the_policy_allows_the_page_s_own_script_and_style_alone() -> None:
    policy = next(
        attributes["content"]
        for tag, attributes in EXPECTED.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_no_attribute_runs_or_styles() -> None:
    for tag, attributes in EXPECTED.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_said_stays_text(attack: str) -> None:
    spoken = utterances(((AGENT, 1.0, 5.0, f"{attack}我不知道{attack}"), *CALL[1:]))
    report = sample_report(
        spoken,
        file=f"{attack}.wav",
        warnings=(ReportWarning(code="mono", message=attack, message_zh=attack),),
    )
    page = Elements(render_html(report))
    for tag in ("script", "img", "iframe", "style", "link"):
        assert page.count(tag) == EXPECTED.count(tag), tag
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on")], tag


def test_matched_characters_are_marked_and_the_suggestion_stands_beside() -> None:
    assert re.search(r"<mark [^>]*>我也不</mark><mark [^>]*unsure[^>]*>之道</mark>", PAGE)
    assert "让我帮您查询一下相关信息" in PAGE


def test_what_was_not_understood_is_marked_so() -> None:
    assert 'class="unclear"' in PAGE
    assert "听不清" in PAGE


def test_a_synthetic_model_is_told_loudly() -> None:
    assert "演示模型，不可用于真实通话" in PAGE
    assert "warning-synthetic_model" in PAGE


def test_english_may_come_first() -> None:
    page = render_html(sample_report(), language="en")
    assert '<html lang="en"' in page
    assert ">Score sheet</span>" in page


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of zh, en"):
        render_html(sample_report(), language="fr")


def test_a_silent_call_has_a_page_too() -> None:
    page = render_html(sample_report([]))
    assert "没有听到任何人说话" in page
    assert "没有发现不当表达" in page


def test_without_a_recording_the_page_says_so() -> None:
    assert "<audio" not in PAGE
    assert "本页未嵌入录音" in PAGE


def test_the_recording_is_inside(tmp_path: Path) -> None:
    page = render_html(sample_report(), recording=write_wav(tmp_path / "call.wav", sound()))
    assert '<audio id="audio" preload="auto" src="data:audio/webm;base64,' in page
    assert len(page) < 900_000


def test_a_recording_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        render_html(sample_report(), recording=tmp_path / "gone.wav")


def test_a_page_without_sound_is_light() -> None:
    assert len(PAGE.encode()) < 150_000
