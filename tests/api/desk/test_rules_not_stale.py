"""Nothing older is shown as a rule's or a draft's own, and nothing is taken back unexplained."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

import phrasebook
from api.learning.discovery import unknown_rules
from api.rulebook import drafts
from api.rulebook.in_force import in_force
from api.store.rule_tables import rule_trials
from models.judging.opening import judging_by
from phrasebook.pieces import pieces_of
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_rules_pages import RULE, keep, pack, ruled


def edited(town: Town) -> Browser:
    lead = ruled(town).browser("lena")
    lead.get(f"/desk/rules/piece?key={RULE}")
    keep(lead, RULE, pieces_of(pack())[RULE].replace("我不知道", "我真的不知道"))
    return lead


def tried(town: Town, after: str) -> None:
    """A trial of lena's that ended, of a draft."""
    found = {
        "after": after,
        "calls": 7,
        "utterances": 77,
        "hits_a_day": [1.0, 2.0],
        "rules": [],
        "scores": [],
        "rescored": 0,
        "newly_passed": 0,
        "newly_failed": 0,
    }
    now = datetime.now(UTC)
    row = {"login": "lena", "kind": "trial", "number": 1, "state": "done", "done": 77, "whole": 77}
    with town.store.writing() as connection:
        more = {"result": found, "begun_at": now, "seen_at": now, "stop": False}
        connection.execute(insert(rule_trials).values(**row, **more))


def test_a_draft_shows_its_own_trial_and_no_other_drafts(town: Town) -> None:
    lead = edited(town)
    tried(town, "small 1.0+of-another")
    assert "试过 7 通" not in (page := lead.get("/desk/rules/draft").text)
    assert "结果不适用于现在的改动" in page
    book = in_force(town.store).book
    with town.store.reading() as connection:
        mine = drafts.merged(book, drafts.drafts_of(connection, "lena")).book(book.name)

    tried(town, f"{mine.name} {mine.version}")

    assert "试过 7 通" in lead.get("/desk/rules/draft").text


def test_rolling_back_asks_for_a_reason_and_to_be_sure(town: Town) -> None:
    lead = edited(town)
    lead.post("/desk/rules/publish", follows="1", note="改了")

    refused = lead.post("/desk/rules/rollback", number="1", follows="2", note=" ")

    assert refused.status_code == 400
    assert "请写明为什么回滚" in refused.text
    assert "我确认：几秒内新通话改按第 1 版" in refused.text
    assert in_force(town.store).number == 2


def test_discovered_says_how_many_rules_the_judge_has_not_learned(town: Town) -> None:
    page = ruled(town).browser("lena").get("/desk/rules/discovered").text

    assert "现行 2 条规则里，有 2 条句意判别模型没有学过" in page


def test_a_judge_that_is_there_has_learned_the_bundled_rules_and_none_has_learned_nothing() -> None:
    book = phrasebook.load(phrasebook.bundled())
    unknown, rules = unknown_rules(book)
    assert unknown == 0 < rules

    with judging_by(None):
        assert unknown_rules(book) == (rules, rules)
