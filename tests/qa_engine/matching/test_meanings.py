"""What no pattern finds may be found by its meaning: for inspectors, once the call is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from phrasebook.model import When
from phrasebook.parse import parse
from qa_engine.deciding.decider import Decider
from qa_engine.events import Decision, Hit, HitChanged, HitState, Role, Tier, Utterance
from qa_engine.matching import Matcher
from qa_engine.matching.call import watchlist as watching
from qa_engine.matching.call.call_matcher import CallMatcher
from qa_engine.rules.counting import Effect, is_told_live, standing_of_hit
from tests.qa_engine.matching.calls import book, entry, near

BOOK = book(
    replace(entry("dont-know", "我不知道", unless=["我不知道您"]), fatal=True),
    replace(entry("early", "等着吧"), when=When(first_ms=5_000)),
    replace(entry("shirk", "找别人去"), maybe=(parse("另请高明"), parse("谁...3管"))),
    replace(
        entry("errand", "不管送", unless=[near("快递", 2)]),
        maybe=(parse("(自己|他们)...2(取|拿)"), parse("取件")),
    ),
    replace(entry("secret", "密码告诉我"), fatal=True, maybe=(parse("念给我"),)),
)


class Scripted:
    """Finds one family in every sentence that holds a mark."""

    version = "scripted"

    def __init__(self, family: str = "dont-know", likely: float = 0.9) -> None:
        self.family, self.likely = family, likely

    def probability(self, sentence: str, *, before: str, family: str, role: Role) -> float | None:
        return None

    def meant(self, sentence: str, *, before: str, role: Role) -> Sequence[tuple[str, float]]:
        return [(self.family, self.likely)] if "哪" in sentence else []

    worded = meant

    def nearest(self, sentence: str, *, family: str, role: Role) -> str:
        return "我上哪儿知道去"


def found(
    monkeypatch: pytest.MonkeyPatch,
    *texts: str,
    role: Role = Role.AGENT,
    judge: object = None,
    by_meaning: bool = True,
) -> list[Hit]:
    """The findings of a call; `by_meaning`: those of no pattern's words."""
    monkeypatch.setattr(watching, "open_judge", lambda: judge or Scripted())
    call = CallMatcher(Matcher(BOOK), BOOK)
    live = [
        event
        for number, text in enumerate(texts)
        for event in call.feed(
            Utterance(
                id=number,
                role=role,
                channel=0,
                begin_ms=9000 * number,
                end_ms=9000 * number + 2000,
                text=text,
            )
        )
    ]
    assert not [e for e in live if isinstance(e, HitChanged) and e.hit.tier is Tier.MEANING]
    events = call.close(100_000)
    return [
        event.hit
        for event in events
        if isinstance(event, HitChanged)
        and event.state is HitState.CONFIRMED
        and (event.hit.tier is Tier.MEANING) is by_meaning
    ]


def test_a_sentence_that_no_pattern_matches_waits_for_an_inspector_with_its_nearest_breach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [hit] = found(monkeypatch, "这事儿我上哪打听去")

    assert (hit.rule, hit.decision, hit.audience) == ("dont-know", Decision.DOUBTFUL, "review")
    assert "我上哪儿知道去" in hit.reason_zh
    standing = standing_of_hit(hit)
    assert standing.effect is Effect.WAITING
    assert not is_told_live(standing)


def test_a_fatal_rule_found_by_meaning_alone_does_not_hold_a_call_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [hit] = found(monkeypatch, "这事儿我上哪打听去")

    assert hit.fatal
    assert not standing_of_hit(hit).holds_up


@pytest.mark.parametrize(
    ("text", "role", "judge"),
    [
        ("这个我不知道哪", Role.AGENT, Scripted()),
        ("我不知道您在哪", Role.AGENT, Scripted()),
        ("这事儿我上哪打听去", Role.CUSTOMER, Scripted()),
        ("这事儿我上哪打听去", Role.AGENT, Scripted("early")),
        ("这事儿我上哪打听去", Role.AGENT, Scripted("no rule of the pack")),
    ],
    ids=[
        "found by a pattern",
        "excused",
        "said by the other",
        "bound to a time",
        "unknown",
    ],
)
def test_nothing_is_found_by_meaning_that_is(
    monkeypatch: pytest.MonkeyPatch, text: str, role: Role, judge: Scripted
) -> None:
    assert found(monkeypatch, text, role=role, judge=judge) == []


def test_a_decider_without_a_judge_finds_nothing_by_meaning() -> None:
    from qa_engine.deciding import Around

    decider = Decider(BOOK)

    assert not list(decider.meant("这事儿我上哪打听去", Around(role=Role.AGENT), ()))
    assert decider.judge_version == ""


def test_an_exception_excuses_the_whole_clause_of_words_that_mean_it_sometimes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(text: str) -> list[str]:
        judge = Scripted("errand")
        both = (found(monkeypatch, text, judge=judge, by_meaning=one) for one in (True, False))
        return [hit.rule for hits in both for hit in hits]

    assert told("您哪天自己去取") == ["errand"]
    assert told("您哪天自己去取快递") == []
    assert told("您哪天自己去取快递，到了店里再取件") == ["errand"]
    assert told("您哪天自己去取快递那边取件") == []


def test_words_that_mean_it_in_some_sentences_are_a_hit_where_the_judge_is_sure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [hit] = found(monkeypatch, "您看哪儿好，另请高明吧", judge=Scripted("shirk"), by_meaning=False)

    assert (hit.rule, hit.decision, hit.heard) == ("shirk", Decision.KEPT, "另请高明吧")
    assert "另请高明" in hit.why
    assert "整句话的意思" in hit.why
    assert hit.certainty < 0.9, "never enough for a fatal rule"
    assert standing_of_hit(hit).effect is Effect.COUNTED


@pytest.mark.parametrize(
    ("text", "judge"),
    [
        ("您看哪儿好，另请高明吧", Scripted("shirk", 0.4)),
        ("您看哪儿好都行", Scripted("shirk")),
        ("哪一串，您念给我", Scripted("secret", 0.94)),
        ("对方的原话是哪儿好另请高明", Scripted("shirk")),
    ],
    ids=["not sure", "without the words", "not sure enough for a fatal rule", "quoted"],
)
def test_otherwise_such_a_sentence_waits_for_an_inspector(
    monkeypatch: pytest.MonkeyPatch, text: str, judge: Scripted
) -> None:
    assert found(monkeypatch, text, judge=judge, by_meaning=False) == []
    assert [hit.rule for hit in found(monkeypatch, text, judge=judge)] == [judge.family]


class Ranking(Scripted):
    """Ranks several families."""

    def __init__(self, *ranked: tuple[str, float]) -> None:
        super().__init__()
        self.ranked = ranked

    def meant(self, sentence: str, *, before: str, role: Role) -> Sequence[tuple[str, float]]:
        return self.ranked if "哪" in sentence else []

    worded = meant


def test_a_sentence_makes_one_waiting_point_by_meaning_the_likeliest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = Ranking(("shirk", 0.95), ("dont-know", 0.93))

    assert [h.rule for h in found(monkeypatch, "上哪打听去", judge=judge)] == ["shirk"]


def test_a_sentence_that_means_what_a_pattern_found_means_nothing_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = Ranking(("dont-know", 0.99), ("shirk", 0.89))

    assert found(monkeypatch, "这个我不知道在哪", judge=judge) == []


def test_what_a_pattern_found_beside_it_leaves_the_rest_to_an_inspector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "哪儿好就另请高明，这个我不知道"

    assert [h.rule for h in found(monkeypatch, text, judge=Scripted("shirk"))] == ["shirk"]


class Torn(Scripted):
    """Finds two families, the likelier one without its words."""

    def meant(self, sentence: str, *, before: str, role: Role) -> Sequence[tuple[str, float]]:
        return [("dont-know", 0.9), ("shirk", 0.8)] if "哪" in sentence else []

    worded = meant


def test_words_of_a_rule_that_a_sentence_means_less_make_it_no_hit_of_that_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "您看哪儿好，另请高明吧"
    assert found(monkeypatch, said, judge=Torn(), by_meaning=False) == []
    assert [hit.rule for hit in found(monkeypatch, said, judge=Torn())] == ["dont-know"]


@pytest.mark.parametrize(
    ("said", "clause"),
    [
        ("您看哪儿好，另请高明吧，再见", "另请高明吧"),
        ("另请高明哪儿好", "另请高明哪儿好"),
        (
            "我们这里地方小人也少您看哪儿合适就另请高明吧反正我们今天是不接待了您慢走",
            "方小人也少您看哪儿合适就另请高明吧反正我们今天是不接待了",
        ),
    ],
)
def test_the_clause_is_told_not_the_words_alone(
    monkeypatch: pytest.MonkeyPatch, said: str, clause: str
) -> None:
    [hit] = found(monkeypatch, said, judge=Scripted("shirk"), by_meaning=False)
    assert hit.heard == clause
    assert said[hit.begin_char : hit.end_char] == clause
