from __future__ import annotations

from qa_engine.matching import Matcher
from qa_engine.matching.cached_matcher import CachedMatcher
from tests.qa_engine.matching.calls import book, entry
from tests.qa_engine.report.sample_pack import pack

TEXTS = ("我不知道", "好的", "我不知道啊", "我不知道", "")


def test_it_finds_what_the_matcher_finds_however_often_it_is_asked() -> None:
    plain, cached = Matcher(pack()), CachedMatcher(pack())
    for text in TEXTS * 2:
        assert cached.find(text) == plain.find(text)


def test_another_threshold_is_another_question() -> None:
    plain, cached = Matcher(pack()), CachedMatcher(pack())
    for text in TEXTS:
        cached.find(text)
        assert cached.find(text, min_score=0.5) == plain.find(text, min_score=0.5)


def test_one_without_exceptions_finds_what_the_lines_say_and_leaves_the_other_as_it_was() -> None:
    one = book(entry("dont-know", "不知道", unless=("不是不知道",)))
    matcher = CachedMatcher(one)
    assert matcher.find("不是不知道") == []
    bare = matcher.without_exceptions()
    assert [match.owner for match in bare.find("不是不知道")] == ["dont-know"]
    assert matcher.find("不是不知道") == []
