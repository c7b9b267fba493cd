"""Charged once a rule or a call, and capped by group: a sheet comes to what the machine came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.review.errors import ReviewError
from api.review.scores import card_text, scorecards
from api.review.scores.card import first_card
from api.review.scores.rulebook import Rulebook, RuleFacts
from api.review.scores.scoring import ScoreSheet, fill
from api.store import Store
from api.transcripts.analyzer import TranscriptAnalyzer
from phrasebook import load
from phrasebook.scorecard import Charge
from qa_engine.report.stored import StoredReport

PACK = """
entries:
  - {id: casual, title: 随意, say: (随便你|爱要不要), suggest: 您看哪种合适, points: 10}
  - {id: brusque, title: 生硬, say: (不行就是不行|没办法的事), suggest: 您看这样可以吗, points: 4}
  - {id: annoyed, title: 嫌烦, say: 你烦不烦, suggest: 您请说, points: 30}
scorecard:
  total: 100
  caps: 态度 = 25
  items:
    - {id: words, title: 用语, group: 用语, points: 60, feeds: [casual, brusque], charge: CHARGE}
    - {id: mood, title: 情绪, group: 态度, points: 40, feeds: [annoyed]}
"""
CALL = """坐席：您好请讲
客户：我想退货
坐席：随便你
客户：什么态度
坐席：爱要不要
客户：你怎么这样
坐席：不行就是不行
客户：我要找人评理
坐席：你烦不烦
客户：你说什么
坐席：你烦不烦啊
客户：算了再见
"""

COSTS = {"casual": 10.0, "brusque": 4.0, "annoyed": 30.0}
PRICES = Rulebook(
    rules={rule: RuleFacts(id=rule, title=rule, points=points) for rule, points in COSTS.items()}
)


def judged(folder: Path, charge: str) -> tuple[Any, StoredReport]:
    pack, call = folder / "pack.yaml", folder / "call.txt"
    pack.write_text(PACK.replace("CHARGE", charge), "utf-8")
    call.write_text(CALL, "utf-8")
    report = TranscriptAnalyzer(phrasebook=pack).analyze(call)
    return first_card(load(pack)), json.loads(json.dumps(report.to_dict()))


def sheet(card: Any, report: StoredReport, **said: bool) -> ScoreSheet:
    hits = {hit["rule"] + str(n): hit["id"] for n, hit in enumerate(report["hits"])}
    said_of = {hits[name]: right for name, right in said.items()}
    return fill(card, report, said_of, {}, PRICES)


def earned(found: ScoreSheet) -> dict[str, float | None]:
    return {line.item.id: line.earned for line in found.lines if not line.item.manual}


@pytest.mark.parametrize(
    ("charge", "words"), [("每次", 36.0), ("每条一次", 46.0), ("每通一次", 50.0)]
)
def test_a_sheet_that_nobody_judged_comes_to_the_machine_s_score(
    tmp_path: Path, charge: str, words: float
) -> None:
    card, report = judged(tmp_path, charge)
    found = sheet(card, report)
    assert earned(found) == {"words": words, "mood": 15.0}
    assert report["score"] is not None
    assert found.total == report["score"]["total"]


def test_when_the_one_that_was_charged_is_wrong_the_next_of_its_rule_is(tmp_path: Path) -> None:
    card, report = judged(tmp_path, "每条一次")
    assert earned(sheet(card, report, casual0=False))["words"] == 46.0
    assert earned(sheet(card, report, casual0=False, casual1=False))["words"] == 56.0


def test_a_group_below_its_cap_loses_what_it_lost(tmp_path: Path) -> None:
    card, report = judged(tmp_path, "每次")
    assert earned(sheet(card, report, annoyed3=False))["mood"] == 15.0
    assert earned(sheet(card, report, annoyed3=False, annoyed4=False))["mood"] == 40.0


def test_a_card_keeps_its_limits_through_its_yaml(tmp_path: Path) -> None:
    card, _ = judged(tmp_path, "每通一次")
    assert card_text.from_yaml(card_text.as_yaml(card)) == card


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("items: [{id: a, title: b, points: 9, charge: 有时}]", "card_charge"),
        ("items: [{id: a, title: b, points: 9}]\ncaps: {态度: 3}", "card_cap_group"),
        ("items: [{id: a, title: b, group: g, points: 9}]\ncaps: 3", "card_caps"),
    ],
)
def test_limits_that_make_no_sense_are_refused(text: str, key: str) -> None:
    with pytest.raises(ReviewError) as told:
        card_text.from_yaml(text)
    assert told.value.key == key


def test_a_card_out_of_a_kept_phrasebook_has_its_limits(store: Store) -> None:
    scorecards_of = PACK.replace("CHARGE", "每通一次")
    with store.writing() as connection:
        scorecards.ensure_in(connection, scorecards_of)
    with store.reading() as connection:
        card = scorecards.current(connection).card
    assert (card.items[0].charge, card.caps) == (Charge.CALL, {"态度": 25.0})
