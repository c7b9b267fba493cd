"""Steps are ticked by the sentences that take them, and by no others that a QA lead tried."""

from __future__ import annotations

from collections import Counter

import pytest

import phrasebook
from benchmarks.language import ROLES
from benchmarks.step_words import heard, sentences
from qa_engine.deciding import Decider
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import StepState
from qa_engine.matching import Matcher
from qa_engine.text_call import judge_dialogue

ROWS = list(sentences("tried"))


def done(*lines: tuple[str, str]) -> set[str]:
    """The steps that a short call takes."""
    book = phrasebook.load(phrasebook.bundled())
    dialogue = Dialogue(
        lines=tuple(SpokenLine(text=text, speaker=role) for role, text in lines),
        shape="corpus",
        basis=Basis.WORDS,
    )
    result = judge_dialogue(dialogue, ROLES, phrasebook=book, matcher=Matcher(book))
    return {step.step.id for step in result.steps if step.state is StepState.DONE}


def test_a_step_is_heard_where_it_is_taken_and_only_there() -> None:
    book = phrasebook.load(phrasebook.bundled())
    matcher, decider = Matcher(book), Decider(book)

    wrong = [row for row in ROWS if (row.step in heard(matcher, decider, row.line)) is not row.said]

    assert wrong == []


def test_each_step_was_tried_for_and_against() -> None:
    assert Counter(row.step for row in ROWS if row.said).keys() == {
        row.step for row in ROWS if not row.said
    }


def test_a_greeting_that_thanks_for_the_call_is_no_goodbye_and_a_goodbye_is_no_greeting() -> None:
    greeted = done(
        ("agent", "您好，感谢致电天河燃气，我是工号15，请问有什么可以帮您？"),
        ("customer", "我想问下你们几点下班？"),
        ("agent", "五点半。"),
        ("customer", "好。"),
    )
    parted = done(
        ("agent", "喂，说话。"), ("customer", "没事了。"), ("agent", "好的，感谢来电，再见。")
    )

    assert "opening" in greeted
    assert "closing" not in greeted
    assert "closing" in parted
    assert "opening" not in parted


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("您先别开灯，把窗户打开，人到外面去。", "complaint-empathy"),
        ("那我去哪儿给您取啊，那边又没有人。", "propose-solution"),
    ],
)
def test_good_chinese_that_sounds_like_a_step_is_not_the_step_misheard(
    line: str, step: str
) -> None:
    matcher = Matcher(phrasebook.load(phrasebook.bundled()))
    asked = (("customer", "我要投诉，你们这也太慢了！"), ("agent", line))

    assert step in {match.owner for match in matcher.find(line)}
    assert step not in done(*asked)


def test_a_step_that_was_misheard_is_the_step() -> None:
    asked = ("customer", "我要投诉，你们这也太慢了！")

    assert "complaint-apology" in done(asked, ("agent", "非常抱签给您带来不变。"))
