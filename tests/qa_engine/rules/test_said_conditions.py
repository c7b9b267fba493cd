"""Conditions on what else was said: equal to a slow twin, whatever way the call took."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook import load_text
from phrasebook.condition_order import in_order
from phrasebook.conditions import All, Condition, Either, Node, Not, Op, SaidCondition
from phrasebook.durations import MAX_MS
from phrasebook.model import Phrasebook, Relation, Speaker
from phrasebook.reach import Reach, Side, read_reach
from qa_engine.analysis import Analysis
from qa_engine.events import HitChanged, HitState, Role, SessionEvent, Utterance
from qa_engine.matching.matcher import Matcher
from tests.qa_engine.rules.reference_conditions import Heard, turns_between, wanted

WORDS = {
    "refused": (Role.CUSTOMER, "我真的不需要这个"),
    "waited": (Role.CUSTOMER, "我都等了半个小时"),
    "offered": (Role.AGENT, "可以帮您办理退货"),
    "pushed": (Role.AGENT, "给您推荐一款新品"),
    "kept": (Role.AGENT, "麻烦您再考虑一下"),
    "checked": (Role.AGENT, "请说手机号后四位"),
}
BOOK = load_text(
    """
entries:
  - {id: refused, who: 客户, kind: 触发, say: 我真的不需要这个}
  - {id: waited, who: 客户, kind: 触发, say: 我都等了半个小时}
  - {id: offered, kind: 触发, say: 可以帮您办理退货}
  - {id: pushed, say: 给您推荐一款新品, suggest: 好}
  - {id: kept, say: 麻烦您再考虑一下, suggest: 好}
steps:
  - {id: checked, say: 请说手机号后四位, required: 否}
""",
    "book",
)
MATCHER = Matcher(BOOK)
LINES = [
    *((role, name, text) for name, (role, text) in WORDS.items()),
    *((role, "嗯", "嗯") for role in (Role.AGENT, Role.CUSTOMER)),
    *((role, "", "今天的天气很不错") for role in (Role.AGENT, Role.CUSTOMER)),
]
REACHES = [Reach(), Reach(Side.WHOLE)] + [
    Reach(side, **how)
    for side in (Side.BEFORE, Side.AFTER, Side.AROUND)
    for how in ({}, {"turns": 1}, {"turns": 2}, {"within_ms": 3_000}, {"within_ms": 9_000})
]


@st.composite
def calls(draw: st.DrawFn) -> list[tuple[Utterance, Heard]]:
    """Lines one after the other, two seconds each, with pauses of up to four."""
    at_ms, call = 0, []
    for number, (role, says, text) in enumerate(draw(st.lists(st.sampled_from(LINES), max_size=9))):
        # Long pauses keep two lines of one speaker apart.
        at_ms += draw(st.sampled_from([2_600, 4_000]))
        spoken = Utterance(
            id=number,
            role=role,
            channel=0 if role is Role.AGENT else 1,
            begin_ms=at_ms,
            end_ms=at_ms + 2_000,
            text=text,
        )
        call.append((spoken, Heard(role, at_ms, at_ms + 2_000, says)))
        at_ms += 2_000
    return call


def _asked(rules: tuple[str, ...]) -> st.SearchStrategy[Node]:
    said = st.builds(
        lambda rule, op, count, reach: SaidCondition(rule, op, count, reach, rule == "checked"),
        st.sampled_from(rules),
        st.sampled_from([op for op in Op if op is not Op.HOLDS]),
        st.integers(1, 2),
        st.sampled_from(REACHES),
    )
    return st.recursive(
        said,
        lambda inner: (
            st.builds(Not, inner)
            | st.lists(inner, min_size=2, max_size=2).map(lambda two: All(tuple(two)))
            | st.lists(inner, min_size=2, max_size=2).map(lambda two: Either(tuple(two)))
        ),
        max_leaves=3,
    )


TRIGGERS = ("refused", "waited", "offered", "checked")


def with_conditions(conditions: dict[str, Node]) -> Phrasebook:
    entries = tuple(
        replace(entry, condition=Condition("…", conditions[entry.id]))
        if entry.id in conditions
        else entry
        for entry in BOOK.entries
    )
    return replace(BOOK, entries=entries)


@settings(max_examples=150, deadline=None)
@given(calls(), _asked(TRIGGERS), _asked((*TRIGGERS, "pushed")), _asked(("waited",)), st.data())
def test_every_way_of_a_call_ends_as_the_slow_twin_says(
    call: list[tuple[Utterance, Heard]],
    pushed: Node,
    kept: Node,
    offered: Node,
    data: st.DataObject,
) -> None:
    conditions = {"pushed": pushed, "kept": kept, "offered": offered}
    book = with_conditions(conditions)
    analysis = Analysis(book, MATCHER)
    events: list[SessionEvent] = []
    for spoken, _ in data.draw(st.permutations(call)):
        cut = data.draw(st.integers(0, len(spoken.text) - 1))
        if cut:
            events += analysis.feed(replace(spoken, text=spoken.text[:cut], is_final=False))
        events += analysis.feed(spoken)
    if data.draw(st.booleans()):
        events += analysis.tick(data.draw(st.integers(0, 60)) * 1_000)
    events += analysis.close(60_000)

    heard = [line for _, line in call]
    order = list(in_order(book.entries, {}))
    expected = wanted(heard, {name: conditions.get(name) for name in order}, order)
    hits = analysis.result().hits
    assert {hit.utterance for hit in hits} == expected
    assert _standing(events) == {hit.id for hit in hits}


@settings(max_examples=80, deadline=None)
@given(calls(), st.integers(1, 3), st.sampled_from(["before", "after"]), st.data())
def test_relations_count_turns_as_conditions_do(
    call: list[tuple[Utterance, Heard]], turns: int, side: str, data: st.DataObject
) -> None:
    excuses = data.draw(st.booleans())
    relation = Relation(
        say=BOOK.entries[0].say,
        who=Speaker.CUSTOMER,
        within_ms=MAX_MS,
        within_turns=turns,
        excuses=excuses,
    )
    before, after = ((relation,), ()) if side == "before" else ((), (relation,))
    entries = tuple(
        replace(entry, before=before, after=after) if entry.id == "pushed" else entry
        for entry in BOOK.entries
    )
    analysis = Analysis(replace(BOOK, entries=entries), MATCHER)
    for spoken, _ in data.draw(st.permutations(call)):
        analysis.feed(spoken)
    analysis.close(60_000)

    asked = Reach(Side.BEFORE if side == "before" else Side.AFTER, turns=turns)
    said: Node = SaidCondition("refused", Op.AT_LEAST, 1, asked)
    conditions = {"refused": None, "pushed": Not(said) if excuses else said}
    expected = wanted([line for _, line in call], conditions, list(conditions))
    found = [hit for hit in analysis.result().hits if hit.rule in conditions]
    assert {hit.utterance for hit in found} == expected


def _standing(events: list[SessionEvent]) -> set[str]:
    standing: set[str] = set()
    for event in events:
        if isinstance(event, HitChanged):
            gone = event.state is HitState.RETRACTED
            (standing.discard if gone else standing.add)(event.hit.id)
    return standing


def _line(role: Role, says: str = "") -> Heard:
    return Heard(role, 0, 0, says)


def test_a_turn_lasts_until_the_other_side_says_more_than_a_sound() -> None:
    agent, customer = Role.AGENT, Role.CUSTOMER
    call = [_line(customer), _line(agent), _line(customer, "嗯"), _line(agent), _line(customer)]
    call += [_line(agent)]

    assert turns_between(0, 3, call) == 1
    assert turns_between(0, 5, call) == 2
    assert turns_between(1, 4, call) == 2


@pytest.mark.parametrize(
    ("typed", "reach"),
    [
        ("前3句", Reach(Side.BEFORE, turns=3)),
        ("之后30s内", Reach(Side.AFTER, within_ms=30_000)),
        ("after2turns", Reach(Side.AFTER, turns=2)),
        ("前后1min", Reach(Side.AROUND, within_ms=60_000)),
        ("全程", Reach(Side.WHOLE)),
        ("前", Reach()),
        ("前0句", None),
        ("里3句", None),
        ("前三句", Reach(Side.BEFORE, turns=3)),
        ("后三十秒", Reach(Side.AFTER, within_ms=30_000)),
    ],
)
def test_where_is_read_as_people_type_it(typed: str, reach: Reach | None) -> None:
    assert read_reach(typed) == reach
    if reach is not None:
        assert read_reach(str(reach)) == reach
