"""An English report: every label English, what was said and the pack's own titles as they are."""

from __future__ import annotations

import re

import pytest

from qa_engine.report.html import render_html
from qa_engine.report.wording import catalogue, english_name, named
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.test_table import shown

REPORT = sample_report()
HAN = re.compile("[\u4e00-\u9fff]+")


def packs_own() -> str:
    """What the pack and the speakers say, in one text."""
    told = [line.text for line in REPORT.utterances]
    for hit in REPORT.hits:
        told += [hit.title, hit.heard, hit.quote, hit.phrase, hit.coach, *hit.suggest]
    for step in REPORT.steps:
        told += [step.title, step.prompt, step.coach]
    assert REPORT.score is not None
    for item in REPORT.score.items:
        told += [item.title, item.group]
    return "\n".join([*told, REPORT.call.file, REPORT.call.script_title])


def foreign(text: str) -> list[str]:
    own = packs_own()
    return [found for found in HAN.findall(text) if found not in own and found != "中文"]


def test_the_page_says_nothing_of_its_own_in_chinese() -> None:
    page = render_html(REPORT, language="en")
    page = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r'<(span|dd|dt)[^>]*class="in-zh"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)

    assert foreign(page) == []
    assert "dont know · </span>推说不知道" in page


def test_the_terminal_says_nothing_of_its_own_in_chinese() -> None:
    told = re.sub(r"[│╭╮╰╯─]|\n", " ", shown(REPORT, 2_000, "en"))

    assert foreign(told) == []
    assert "dont know · 推说不知道" in told


def test_every_word_of_the_english_catalogue_is_english() -> None:
    assert {k for k, words in catalogue("en").items() if HAN.search(words)} == {"switch_language"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("dont-know", "dont know"),
        ("s1-1-dont-know", "dont know"),
        ("identity_check", "identity check"),
        ("深夜外呼", ""),
        ("rule-7", ""),
        ("7", ""),
    ],
)
def test_an_id_s_words_stand_before_a_chinese_title(code: str, words: str) -> None:
    assert english_name(code) == words
    assert named("en", code, "标题") == (f"{words} · 标题" if words else "标题")
    assert named("zh", code, "标题") == "标题"
