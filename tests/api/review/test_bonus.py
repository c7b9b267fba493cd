"""Bonuses and items that a person scores: on a sheet they come to what the machine came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.review.scores import card_text, scorecards
from api.review.scores.answers import GivenAnswers
from api.review.scores.card import first_card
from api.review.scores.rulebook import parsed
from api.review.scores.scoring import ScoreSheet, fill
from api.store import Store
from api.transcripts.analyzer import TranscriptAnalyzer
from phrasebook import load, to_yaml
from qa_engine.report.stored import StoredReport

PACK = """
entries:
  - {id: casual, title: 随意, say: 随便你, suggest: 您看哪种合适, points: 10}
  - {id: care, title: 关怀, kind: 触发, say: (注意身体|路上小心), points: 3}
steps:
  - {id: thanks, title: 致谢, say: 感谢您的支持, required: 否}
scorecard:
  total: 100
  items:
    - {id: words, title: 用语, group: 用语, points: 80, feeds: [casual]}
    - {id: tone, title: 语气, group: 语音, points: 20, by: 人工}
    - {id: leak, title: 泄密, group: 致命, by: 人工, fatal: 是}
    - {id: caring, title: 主动关怀, group: 加分, bonus: 5, feeds: [care, thanks]}
"""
CALL = """坐席：您好请讲
客户：我想退货
坐席：随便你
客户：什么
坐席：您路上小心
客户：好的谢谢
坐席：多注意身体
"""


def judged(folder: Path, call: str = CALL) -> tuple[Any, StoredReport, Any]:
    (folder / "pack.yaml").write_text(PACK, "utf-8")
    (folder / "call.txt").write_text(call, "utf-8")
    report = TranscriptAnalyzer(phrasebook=folder / "pack.yaml").analyze(folder / "call.txt")
    book = load(folder / "pack.yaml")
    return first_card(book), json.loads(json.dumps(report.to_dict())), parsed(to_yaml(book))


def sheet(folder: Path, answers: GivenAnswers, **said: bool) -> ScoreSheet:
    card, report, book = judged(folder)
    hits = {hit["rule"] + str(n): hit["id"] for n, hit in enumerate(report["hits"])}
    return fill(card, report, {hits[name]: right for name, right in said.items()}, answers, book)


def earned(found: ScoreSheet) -> dict[str, float | None]:
    return {line.item.id: line.earned for line in found.lines}


def test_a_sheet_that_nobody_judged_has_the_machine_s_bonus(tmp_path: Path) -> None:
    _, report, _ = judged(tmp_path)
    found = sheet(tmp_path, {})

    assert earned(found) == {"words": 70.0, "tone": None, "leak": None, "caring": 5.0}
    assert report["score"] is not None
    assert found.total == report["score"]["total"] == 93.8
    assert found.missing == ("tone",)


def test_a_finding_that_was_wrong_gives_no_bonus(tmp_path: Path) -> None:
    assert earned(sheet(tmp_path, {}, care1=False))["caring"] == 3.0
    assert earned(sheet(tmp_path, {}, care1=False, care2=False))["caring"] is None


@pytest.mark.parametrize(("points", "given"), [(2, 2.0), (9, 5.0)])
def test_a_person_s_bonus_replaces_it_up_to_its_most(
    tmp_path: Path, points: float, given: float
) -> None:
    assert earned(sheet(tmp_path, {"caring": {"points": points}}))["caring"] == given


def test_what_a_person_scores_counts_with_the_rest(tmp_path: Path) -> None:
    found = sheet(tmp_path, {"tone": {"points": 10}, "caring": {"points": 0}})
    assert found.total == 80.0
    assert found.missing == ()
    assert sheet(tmp_path, {"leak": {"fatal": True}}).total == 0.0


def test_a_total_never_exceeds_the_card_s(tmp_path: Path) -> None:
    card, report, book = judged(tmp_path, "坐席：您好请讲\n客户：谢谢\n坐席：您注意身体\n")
    assert report["score"] is not None
    assert report["score"]["total"] == 100.0
    found = fill(card, report, {}, {"tone": {"points": 20}}, book)
    assert found.total == 100.0


def test_a_step_that_was_done_may_give_a_bonus(tmp_path: Path) -> None:
    said = "坐席：您好请讲\n客户：再见吧\n坐席：感谢您的支持\n客户：嗯\n坐席：随便你\n"
    card, report, book = judged(tmp_path, said)
    assert report["score"] is not None
    assert {item["id"]: item["earned"] for item in report["score"]["items"]}["caring"] == 5.0
    assert earned(fill(card, report, {}, {}, book))["caring"] == 5.0


def test_a_pack_that_says_what_people_score_needs_no_items_of_ours(tmp_path: Path) -> None:
    card, _, _ = judged(tmp_path)
    assert [item.id for item in card.items] == ["words", "tone", "leak", "caring"]
    assert card_text.from_yaml(card_text.as_yaml(card)) == card


def test_the_first_card_of_a_store_keeps_bonuses(tmp_path: Path) -> None:
    judged(tmp_path)
    store = Store.open(str(tmp_path / "calls.sqlite"))
    with store.writing() as connection:
        scorecards.ensure_in(connection, to_yaml(load(tmp_path / "pack.yaml")))
    with store.reading() as connection:
        card = scorecards.current(connection).card
    assert {item.id: (item.bonus, item.fatal, item.manual) for item in card.items} == {
        "words": (0.0, False, False),
        "tone": (0.0, False, True),
        "leak": (0.0, True, True),
        "caring": (5.0, False, False),
    }
    store.close()
