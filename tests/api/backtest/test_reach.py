"""A trial that judges only what an edit can touch comes to what one that judges all comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.backtest.diff import Backtest, compare
from api.backtest.edited import Edited
from api.backtest.page import as_plain
from api.backtest.reach import reach
from api.backtest.read_ahead import ReadAhead
from api.backtest.rematch import rematch
from api.backtest.transcripts import PastCall
from phrasebook import Phrasebook, load_text
from qa_engine.events import Role, Utterance
from qa_engine.matching import Matcher

PACK = """
lists:
  部门: [技术部, 财务部]
conditions:
  外呼: 方向 = 呼出
entries:
  - {id: dont-know, say: 我不知道, suggest: 我帮您查一下}
  - {id: ask-them, say: "您去问{部门}", suggest: 我帮您转接}
  - {id: promise, say: ^保证到账$, suggest: 以实际为准, if: 命中:ask-them}
steps:
  - {id: opening, say: 您好, within: 20s}
scorecard:
  total: 100
  items: [{id: all, title: 全部, group: 全部, points: 100, feeds: ["*"]}]
"""
LINES = (
    "您好",
    "这个我不之道呢",
    "您去问技术部",
    "您去问人事部吧",
    "保证到账",
    "我帮您查一下余额",
    "我们都不",
    "知道这件事",
    "好的",
    "您去问财务部，保证到账",
)


def call(number: int) -> PastCall:
    said = [LINES[(number * 3 + at * 7) % len(LINES)] for at in range(4)]
    spoken = tuple(
        Utterance(
            id=n,
            role=Role.AGENT if n % 3 else Role.CUSTOMER,
            channel=0,
            begin_ms=n * 3_000,
            end_ms=n * 3_000 + 2_600,
            text=text,
        )
        for n, text in enumerate(said)
    )
    return PastCall(id=f"c{number}", day="2026-11-20", duration_ms=20_000, utterances=spoken)


STEPS = {"opening"}
"""A step that was not said is told of the calls in reach alone."""
CALLS = [call(number) for number in range(30)]
EDITS = [
    ("say: 我不知道,", "say: [我不知道, 我们都不知道],"),
    ("say: 我不知道,", "say: 我真的不知道,"),
    ("say: 我不知道,", "say: 我不知道, unless: [我不知道呢],"),
    ("[技术部, 财务部]", "[技术部, 人事部]"),
    ("if: 命中:ask-them", "if: 命中:dont-know"),
    ("^保证到账$", "^保证到账"),
    ("我帮您查一下", "我帮您查一下余额"),
    ("{id: opening, say: 您好, within: 20s}", "{id: opening, say: [您好, 好的], within: 20s}"),
    ("within: 20s", "within: 2s"),
    ("- {id: ask-them,", "- {id: ask-there, say: 好的, suggest: 好}\n  - {id: ask-them,"),
    ("total: 100", "total: 100\n  pass: 99"),
]


def tried(before: Phrasebook, after: Phrasebook, *, within: bool) -> Backtest:
    how_far = reach(before, after) if within else None
    return compare(rematch(CALLS, before, after, workers=1, within=how_far), before="1", after="2")


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_what_changes_is_the_same_for_the_calls_in_reach_alone(old: str, new: str) -> None:
    assert old in PACK
    before, after = load_text(PACK, "a"), load_text(PACK.replace(old, new), "a")

    whole, some = (tried(before, after, within=within) for within in (False, True))

    changed = [[replace(r, kept=0) for r in one.rules if r.changed] for one in (whole, some)]
    assert as_plain(changed[0]) == as_plain(changed[1])
    assert whole.scores == some.scores
    assert (whole.calls, whole.utterances) == (some.calls, some.utterances)


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_every_hit_of_a_changed_rule_is_told_though_most_calls_are_judged_once(
    old: str, new: str
) -> None:
    before, after = load_text(PACK, "a"), load_text(PACK.replace(old, new), "a")
    how_far = reach(before, after)
    if how_far is None:
        return

    whole, some = (tried(before, after, within=within) for within in (False, True))

    kept = [
        {rule.rule: rule.kept for rule in one.rules if rule.rule in how_far.rules - STEPS}
        for one in (whole, some)
    ]
    assert kept[0] == kept[1]


def test_a_line_that_is_added_has_only_the_calls_with_it_judged_twice() -> None:
    before, after = (load_text(text, "a") for text in (PACK, PACK.replace(*EDITS[7])))
    how_far = reach(before, after)
    assert how_far is not None
    touched = how_far.touches(CALLS)

    anew = how_far.changes(touched)

    assert anew
    assert len(anew) < len(touched)


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_a_matcher_of_an_edit_finds_what_one_of_the_whole_finds(old: str, new: str) -> None:
    before, after = load_text(PACK, "a"), load_text(PACK.replace(old, new), "a")
    how_far = reach(before, after)
    if how_far is None or how_far.grams:
        return
    texts = [text for past in CALLS for text in past.texts]

    edited = Edited.of(ReadAhead(before), after, how_far.rules)

    for found in (edited, edited.without_exceptions()):
        whole = Matcher(after) if found is edited else Matcher(after).without_exceptions()
        assert [found.find(text) for text in texts] == [whole.find(text) for text in texts]


def test_most_calls_are_out_of_an_edits_reach() -> None:
    before, after = (load_text(text, "a") for text in (PACK, PACK.replace(*EDITS[1])))

    found = reach(before, after)

    assert found is not None
    assert 0 < len(found.touches(CALLS)) < len(CALLS)


def test_the_scorecard_reaches_every_call() -> None:
    assert reach(load_text(PACK, "a"), load_text(PACK.replace(*EDITS[-1]), "a")) is None
