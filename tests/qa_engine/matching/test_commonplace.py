"""What is said all day is not taken for something forbidden that sounds like it."""

from __future__ import annotations

import pytest

import phrasebook as pb
from phrasebook import model
from phrasebook.model import Kind, Phrasebook
from qa_engine.events import Tier
from qa_engine.matching import Matcher
from qa_engine.matching.linting.linter import false_alarms
from qa_engine.matching.tiers.commonplace import Commonplace, said_by_the_book
from tests.qa_engine.matching.calls import book, entry, step


def test_everyday_words_are_known_wherever_they_stand() -> None:
    assert Commonplace().holds("我正在为您")
    assert not Commonplace().holds("我正在外面")


def test_words_of_two_sentences_are_not_one() -> None:
    assert not Commonplace(["查一下单", "子已经发"]).holds("单子")


def test_more_sentences_are_folded_as_text_is() -> None:
    assert Commonplace(["蓋一個紅章！"]).holds("盖一个红章")


def test_book_holds_what_it_tells_agents_to_say_and_what_must_miss() -> None:
    rule = entry("x", "我不知道", suggest=("甲",), tests=model.Tests(hit=("乙",), miss=("丙",)))
    greeting = step("s", "您好", prompt="丁", tests=model.Tests(hit=("戊",), miss=("己",)))
    assert list(said_by_the_book(book(rule, greeting))) == ["甲", "丙", "丁", "戊"]


def test_miss_test_teaches_the_matcher() -> None:
    said = "我来帮您畅快一下"
    naive = Matcher(book(entry("x", "包您畅快")))
    taught = Matcher(book(entry("x", "包您畅快", tests=model.Tests(miss=(said,)))))
    assert [match.tier for match in naive.find(said)] == [Tier.FUZZY]
    assert taught.find(said) == []


def test_homophones_and_the_words_themselves_are_hits_all_the_same() -> None:
    matcher = Matcher(book(entry("x", "请问您贵姓")))
    assert [m.tier for m in matcher.find("请问您贵姓")] == [Tier.EXACT]
    assert [m.tier for m in matcher.find("请问您贵幸")] == [Tier.HOMOPHONE]


@pytest.fixture(scope="module")
def pack() -> tuple[Phrasebook, Matcher]:
    one = pb.load(pb.bundled())
    return one, Matcher(one)


@pytest.mark.parametrize("said", ["我这就帮您解决", "我正在为您查询", "让我帮您查询一下相关信息"])
def test_bundled_pack_leaves_good_service_alone(
    said: str, pack: tuple[Phrasebook, Matcher]
) -> None:
    one, matcher = pack
    forbidden = {rule.id for rule in one.entries if rule.kind is Kind.FORBIDDEN}
    assert [m for m in matcher.find(said) if m.owner in forbidden] == []


def test_bundled_pack_forbids_nothing_that_is_said_every_day(
    pack: tuple[Phrasebook, Matcher],
) -> None:
    noisy = {
        rate.line: rate.examples
        for rate in false_alarms(*pack)
        if rate.examples and rate.entry.kind is Kind.FORBIDDEN
    }
    assert noisy == {}
