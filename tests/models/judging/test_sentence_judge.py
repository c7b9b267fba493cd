from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.judging import JudgeError, SentenceJudge, open_judge, opening, sentence_judge
from models.judging.examples import ORDINARY, Example
from models.judging.features import features, plain
from models.judging.learning import _precise_from, learn
from models.judging.noise import Noise

WHAT = ("快递", "退款", "账单", "宽带", "保单", "航班", "电费", "课程", "挂号", "押金")
WHO = ("我", "我们", "这边", "咱们")


def lesson() -> list[Example]:
    rows = []
    for thing in WHAT:
        for who in WHO:
            rows += [
                Example("vague", True, "agent", f"{thing}大概可能是那样吧{who}估计"),
                Example("vague", False, "agent", f"{thing}{who}刚核实过就是三十元"),
                Example("slow", True, "agent", f"{who}说了{thing}您怎么这么慢啊"),
                Example("slow", False, "agent", f"{thing}您慢慢说{who}不着急"),
                Example(ORDINARY, False, "agent", f"您好{thing}{who}已经办好了"),
            ]
    return rows


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> SentenceJudge:
    learned = learn(lesson(), "agent")
    assert learned is not None
    path = tmp_path_factory.mktemp("judge") / "judge.npz"
    SentenceJudge({"agent": learned.part}).save(path)
    return SentenceJudge.load(path)


def test_a_sentence_is_likelier_in_its_own_family_than_in_another(judge: SentenceJudge) -> None:
    def likely(family: str) -> float:
        return judge.probability("快件大概可能是那样吧", family=family, role="agent") or 0.0

    assert likely("vague") > 0.5 > likely("slow")


def test_a_family_or_role_that_it_did_not_learn_has_no_probability(judge: SentenceJudge) -> None:
    assert judge.probability("您好", family="unknown", role="agent") is None
    assert judge.probability("您好", family="vague", role="customer") is None
    assert judge.meant("您好", role="customer") == ()


def test_what_is_found_by_meaning_is_told_with_the_nearest_breach(judge: SentenceJudge) -> None:
    [(family, likely), *_] = judge.meant("理赔大概可能是那样吧我估计", role="agent")

    assert family == "vague"
    assert 0.5 < likely <= 1
    assert "大概可能是那样吧" in judge.nearest("理赔大概是那样吧", family="vague", role="agent")


def test_words_are_looked_for_where_some_rule_is_surely_broken_and_the_family_likely(
    judge: SentenceJudge,
) -> None:
    part = judge._parts["agent"]
    known = part.blend
    assert known is not None

    def worded(agreed_from: float) -> dict[str, float]:
        blend = replace(known, agreed_from=agreed_from)
        told = SentenceJudge({"agent": replace(part, blend=blend)})
        return dict(told.worded("理赔大概可能是那样吧我估计", role="agent"))

    assert 0.5 <= worded(0.0)["vague"] <= 1
    assert set(worded(1.1)) <= {"vague"}
    assert all(likely >= 0.85 for likely in worded(1.1).values())


def test_where_some_rule_is_broken_the_likeliest_is_laid_before_a_person(
    judge: SentenceJudge,
) -> None:
    part = judge._parts["agent"]
    known = part.blend
    assert known is not None

    def meant(some_from: float) -> dict[str, float]:
        blend = replace(known, some_from=some_from)
        never = np.full_like(part.meaning_from, 2.0)
        told = SentenceJudge({"agent": replace(part, blend=blend, meaning_from=never)})
        return dict(told.meant("理赔大概可能是那样吧我估计", role="agent"))

    assert set(meant(0.0)) == {"vague"}
    assert meant(1.1) == {}


def test_a_judge_from_before_the_reader_is_read_and_judges_by_its_heads(
    judge: SentenceJudge, tmp_path: Path
) -> None:
    path = tmp_path / "old.npz"
    SentenceJudge({"agent": replace(judge._parts["agent"], blend=None)}).save(path)

    old = SentenceJudge.load(path)

    assert old._parts["agent"].blend is None
    assert (old.probability("快件大概可能是那样吧", family="vague", role="agent") or 0) > 0.5


def test_a_judge_trained_beside_another_reader_is_refused(
    judge: SentenceJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "judge.npz"
    judge.save(path)
    monkeypatch.setattr(sentence_judge, "bundled_reader", lambda: None)

    with pytest.raises(JudgeError, match="another reader"):
        SentenceJudge.load(path)


def test_near_misses_of_other_rules_raise_what_is_found_by_meaning_alone() -> None:
    rows = (
        Example("vague", True, "agent", "大概是那样吧"),
        Example("vague", True, "agent", "差不多就那样吧"),
        Example("slow", False, "agent", "大概两天能到"),
        Example("vague", True, "agent", "也许吧我估计是"),
    )
    unseen = np.array([[0.9], [0.8], [0.7], [0.6]], np.float32)

    assert _precise_from(rows, ("vague",), unseen).tolist() == pytest.approx([0.8])


def test_a_few_characters_mean_nothing_by_themselves(judge: SentenceJudge) -> None:
    assert judge.meant("大概可能吧", role="agent") == ()
    assert (judge.probability("大概可能吧", family="vague", role="agent") or 0) > 0.5


def test_the_same_lesson_gives_the_same_file(tmp_path: Path) -> None:
    versions = set()
    for name in ("a.npz", "b.npz"):
        learned = learn(lesson(), "agent")
        assert learned is not None
        versions.add(SentenceJudge({"agent": learned.part}).save(tmp_path / name))

    assert len(versions) == 1


def test_probabilities_are_read_as_they_were_written(judge: SentenceJudge, tmp_path: Path) -> None:
    """Weights are kept in a byte each: within a hundredth."""
    learned = learn(lesson(), "agent")
    assert learned is not None
    fresh = SentenceJudge({"agent": learned.part})

    for row in lesson()[::17]:
        before = fresh.probability(row.line, family="vague", role="agent")
        after = judge.probability(row.line, family="vague", role="agent")
        assert after == pytest.approx(before, abs=0.02)


def test_too_few_breaches_teach_nothing() -> None:
    assert learn(lesson()[:20], "agent") is None
    assert learn(lesson(), "customer") is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_a_file_that_is_no_judge_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "judge.npz"
    path.write_bytes(content)

    with pytest.raises(JudgeError, match="qa-engine judge train"):
        SentenceJudge.load(path)


def test_a_judge_that_is_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(opening.VARIABLE, str(tmp_path / "none.npz"))

    with pytest.raises(JudgeError, match="no such file"):
        open_judge()


def test_without_the_bundled_file_there_is_no_judge_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opening, "BUNDLED", tmp_path / "none.npz")
    monkeypatch.delenv(opening.VARIABLE, raising=False)
    opening.judge_at.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            assert open_judge() is None
            assert open_judge() is None
    finally:
        opening.judge_at.cache_clear()

    assert len(caplog.records) == 1


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opening.VARIABLE, "off")

    assert open_judge() is None


def test_the_bundled_judge_knows_the_families_of_the_corpus() -> None:
    judge = SentenceJudge.load()

    assert {"dont-know", "rude-insult", "ask-secret"} <= set(judge.families("agent"))
    assert {"escalation", "safety-risk"} <= set(judge.families("customer"))


def test_punctuation_width_and_digits_change_nothing() -> None:
    assert plain("您好，ＡＢ１２ 元。") == plain("您好ab95元") == "您好ab0元"
    assert np.array_equal(features("我，不知道！"), features("我不知道"))


def test_other_characters_of_the_same_sound_share_features() -> None:
    said, misheard, other = (set(features(text)) for text in ("我不知道", "我不之道", "我今天来"))

    assert len(said & misheard) > 2 * len(said & other)


def test_noise_keeps_most_of_a_sentence_and_repeats_itself() -> None:
    texts = ["这个事情我真的不知道怎么回答您", "您再说一遍吧我没有听清楚"]

    first, again = (
        [noise.misheard(texts[0]) for _ in range(20)]
        for noise in (Noise(texts, 3), Noise(texts, 3))
    )

    assert first == again
    assert len(set(first)) > 10
    assert all(abs(len(one) - len(texts[0])) < 8 for one in first)
