"""One breach is charged once, by the gravest rule; the next one when that is overturned."""

from __future__ import annotations

import itertools

from phrasebook.model import Severity
from qa_engine.rules.charging import Claim, charged_once, standings
from qa_engine.rules.counting import COUNTED, Effect, Reason, Standing

OVERTURNED = Standing(Effect.NOT_COUNTED, Reason.OVERTURNED)
WAITING = Standing(Effect.WAITING, Reason.DOUBTFUL)


def claim(rule: str, begin: int, end: int, standing: Standing = COUNTED, **keys: object) -> Claim:
    fields: dict[str, object] = {"role": "agent", "severity": Severity.MEDIUM, "fatal": False}
    parts = ((keys.pop("utterance", 1), begin, end),)
    fields |= {"id": rule, "rule": rule, "parts": parts, "standing": standing}
    return Claim(**{**fields, **keys})  # type: ignore[arg-type]


def charged(*claims: Claim) -> set[str]:
    found = [
        {id for id, standing in charged_once(order).items() if standing.counts}
        for order in itertools.permutations(claims)
    ]
    assert all(one == found[0] for one in found)
    return found[0]


def test_of_three_on_the_same_words_the_longest_is_charged() -> None:
    # 公司规定是这样的我改不了
    policy, cannot = claim("policy", 0, 12), claim("cannot", 8, 12)
    mine = claim("not-mine", 5, 10)
    assert charged(policy, cannot, mine) == {"policy"}
    told = charged_once([policy, cannot, mine])
    assert told["cannot"] == Standing(Effect.NOT_COUNTED, Reason.CHARGED_ONCE)


def test_a_graver_breach_is_never_hidden_by_a_longer_slighter_one() -> None:
    # 我们做不到，公司就是这么规定的
    cannot = claim("cannot", 0, 5, severity=Severity.HIGH)
    policy = claim("policy", 6, 14)
    vague = claim("vague", 12, 30, severity=Severity.LOW)
    assert charged(cannot, policy) == {"cannot"}
    assert charged(cannot, policy, claim("vague", 3, 30, severity=Severity.LOW)) == {"cannot"}
    assert charged(policy, vague) == {"policy"}


def test_saying_more_on_the_same_words_never_costs_less() -> None:
    weight = {Severity.LOW: 1, Severity.MEDIUM: 3, Severity.HIGH: 5}
    places = [(0, 4), (3, 12), (10, 14), (6, 30)]
    for severities in itertools.product(weight, repeat=len(places)):
        claims = [
            claim(str(number), *place, severity=severity)
            for number, (place, severity) in enumerate(zip(places, severities, strict=True))
        ]
        alone = max(weight[one.severity] for one in claims)
        assert sum(weight[claims[int(id)].severity] for id in charged(*claims)) >= alone


def test_the_next_one_is_charged_when_it_is_overturned() -> None:
    policy = claim("policy", 0, 12, OVERTURNED)
    assert charged(policy, claim("cannot", 8, 12), claim("short", 9, 11)) == {"cannot"}


def test_what_waits_hides_nothing_and_is_charged_once_it_is_confirmed() -> None:
    cannot = claim("cannot", 8, 12)
    assert charged(claim("policy", 0, 12, WAITING), cannot) == {"cannot"}
    assert charged(claim("policy", 0, 12, COUNTED), cannot) == {"policy"}


def test_fatal_finding_is_never_hidden() -> None:
    insult = claim("insult", 3, 5, fatal=True)
    assert charged(insult, claim("long", 0, 12)) == {"insult"}


def test_other_words_are_other_breaches() -> None:
    first = claim("one", 0, 5)
    assert charged(first, claim("apart", 8, 12)) == {"one", "apart"}
    assert charged(first, claim("later", 0, 5, utterance=2)) == {"one", "later"}
    assert charged(first, claim("theirs", 0, 5, role="customer")) == {"one", "theirs"}


def test_words_that_touch_are_the_same_breach() -> None:
    assert charged(claim("one", 0, 6), claim("touching", 7, 11)) == {"one"}


def test_parts_in_several_utterances_meet_in_any_of_them() -> None:
    split = claim("split", 0, 0, parts=((1, 4, 6), (2, 0, 3)))
    assert charged(split, claim("second", 1, 3, utterance=2)) == {"split"}


def test_hits_of_a_call_are_told_by_their_ids() -> None:
    assert standings([]) == {}


def test_a_rule_counts_once_in_an_utterance_and_the_next_one_when_that_is_overturned() -> None:
    first, second = claim("mine", 0, 4, id="a"), claim("mine", 9, 12, id="b")
    assert charged(first, second, claim("mine", 0, 4, utterance=2, id="c")) == {"a", "c"}
    assert charged(claim("mine", 0, 4, OVERTURNED, id="a"), second) == {"b"}
