"""The rules' pages: who may, what they show, what a draft becomes; files in and out."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from api.rulebook import drafts, versions
from api.rulebook.in_force import in_force
from api.rulebook.versions import Origin
from api.store import verdicts
from api.store.verdicts import Verdict
from phrasebook import Phrasebook, to_yaml
from phrasebook.pieces import pieces_of
from qa_engine.report.model import ReportHit as Hit
from tests.api.desk.conftest import Browser, Town
from tests.api.review.calls import put
from tests.api.rulebook.packs import small

RULE = "entries:s1-1-dont-know"


def pack() -> Phrasebook:
    """A rule of the sample call in a pack of its own."""
    return small(("id: dont-know, title: 说不知道", "id: s1-1-dont-know, title: 推说不知道"))


def ruled(town: Town) -> Town:
    """A desk whose rules are those of the sample calls."""
    versions.publish(town.store, pack(), note="", by="lena", follows=0, origin=Origin.IMPORT)
    put(town.store)
    return town


def overturned(hit: Hit) -> Verdict:
    return Verdict(
        call_id="call-1",
        hit_id=hit.id,
        rule=hit.rule,
        utterance=hit.utterance,
        begin_char=hit.begin_char,
        end_char=hit.end_char,
        right=False,
        by="ines",
    )


def keep(browser: Browser, key: str, text: str, revision: int = 0) -> int:
    answer = browser.send(
        "PUT", "/desk/api/rules/draft", {"key": key, "text": text, "revision": revision}
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["revision"])


def check(browser: Browser, key: str, text: str, **more: Any) -> dict[str, Any]:
    browser.get("/desk/rules")
    answer = browser.send("POST", "/desk/api/rules/check", {"key": key, "text": text, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("login", ["anna", "ines"])
def test_agents_and_inspectors_do_not_see_the_rules(town: Town, login: str) -> None:
    assert town.browser(login).get("/desk/rules").status_code == 403


def test_a_rule_with_false_alarms_tells_them_with_their_words(each_town: Town) -> None:
    town = ruled(each_town)
    report = town.store.load("call-1")
    assert report is not None
    hit = next(one for one in report.hits if one.rule == "s1-1-dont-know")
    with town.store.writing() as connection:
        verdicts.give(connection, overturned(hit))
    lead = town.browser("lena")

    listed = lead.get("/desk/rules").text
    shown = lead.get(f"/desk/rules/piece?key={RULE}").text

    assert "推说不知道" in listed
    assert 'id="side-wrong"' in shown
    quote = hit.quote[: hit.begin_char]
    assert quote in shown
    assert f'data-call="call-1" data-begin="{hit.begin_ms}"' in shown


def test_an_administrator_hears_and_reads_no_calls(town: Town) -> None:
    ruled(town)

    shown = town.browser("adam").get(f"/desk/rules/piece?key={RULE}").text

    assert 'id="places"' not in shown
    assert 'data-call="' not in shown


def test_mistakes_are_told_in_the_readers_language_with_their_line(town: Town) -> None:
    lead = ruled(town).browser("lena")
    text = "id: s1-1-dont-know\nsay: 我{哪里}不知道\nsuggest: 我查一下\n"

    (problem,) = check(lead, RULE, text)["problems"]

    assert problem["line"] == 2
    assert problem["code"] == "PB012"
    assert problem["message"].startswith("句式用了不存在的名单")


def test_a_sentence_is_tried_and_its_answer_says_why(town: Town) -> None:
    lead = ruled(town).browser("lena")
    text = pieces_of(pack())[RULE]

    found = check(lead, RULE, text, sentences="这个我不之道\n请问您贵姓")

    hit, none = found["tried"]
    (where,) = hit["hits"]
    assert "我不之道" in hit["text"][where["begin"] : where["end"]]
    assert "不知道" in where["why"]
    assert where["effect"] == "counted"
    assert none["hits"] == []
    assert "没有命中" in none["missed"]


def test_what_is_typed_in_the_form_stands_in_the_text(town: Town) -> None:
    lead = ruled(town).browser("lena")
    text = pieces_of(pack())[RULE]

    found = check(lead, RULE, text, fields={"say": "我不知道\n[这个]我哪知道", "hit": "我不知道啊"})

    assert "- '[这个]我哪知道'" in str(found["text"])
    assert found["good"], found["problems"]
    assert found["fields"]["hit"] == "我不知道啊"


def test_a_draft_is_published_with_a_note_and_taken_back_with_one_click(each_town: Town) -> None:
    town = ruled(each_town)
    lead = town.browser("lena")
    first = in_force(town.store).book.version
    text = pieces_of(pack())[RULE].replace("推说不知道", "说不知道就完了")
    lead.get(f"/desk/rules/piece?key={RULE}")
    keep(lead, RULE, text)
    assert "说不知道就完了" in lead.get("/desk/rules/draft").text

    assert lead.post("/desk/rules/publish", follows="1", note="").status_code == 400
    assert lead.post("/desk/rules/publish", follows="1", note="名称不清楚").status_code == 303

    shown = lead.get("/desk/rules/history").text
    assert "名称不清楚" in shown
    assert "第 2 版" in shown
    assert in_force(town.store).number == 2
    back = lead.post("/desk/rules/rollback", number="1", follows="2", note="改错了")
    assert back.status_code == 303
    assert in_force(town.store).book.version == first
    assert "回滚到第 1 版" in lead.get("/desk/rules/history").text


def test_a_second_lead_is_told_and_chooses(town: Town) -> None:
    lead = ruled(town).browser("lena")
    text = pieces_of(pack())[RULE]
    lead.get(f"/desk/rules/piece?key={RULE}")
    keep(lead, RULE, text + "coach: 先接住\n")
    drafts.save(town.store, "hans", RULE, base=text, text=text + "coach: 先查\n", revision=0)
    drafts.publish_draft(town.store, "hans", in_force(town.store).book, note="辅导", follows=1)

    refused = lead.post("/desk/rules/publish", follows="2", note="辅导")
    assert refused.status_code == 409
    assert "先接住" in refused.text
    assert "先查" in refused.text
    lead.post("/desk/rules/settle", key=RULE, take="mine")
    assert lead.post("/desk/rules/publish", follows="2", note="辅导").status_code == 303

    entry = next(one for one in in_force(town.store).book.entries if one.id == "s1-1-dont-know")
    assert entry.coach == "先接住"


def test_a_pack_goes_out_and_comes_back_as_a_draft(town: Town) -> None:
    lead = ruled(town).browser("lena")
    assert lead.get("/desk/rules.yaml").content.decode() == to_yaml(in_force(town.store).book)
    sheets = load_workbook(io.BytesIO(lead.get("/desk/rules.xlsx").content)).sheetnames
    assert len(sheets) >= 3
    assert sheets[:2] == ["话术库", "禁用语"]
    changed = to_yaml(in_force(town.store).book).replace("推说不知道", "说不知道就完了")
    lead.get("/desk/rules")
    headers = {"X-CSRF": lead.csrf, "Content-Type": "application/octet-stream"}

    answer = lead.client.post(
        "/desk/api/rules/import?name=a.yaml", content=changed.encode(), headers=headers
    )

    assert answer.json() == {"wrong": [], "changed": 1}
    assert "说不知道就完了" in lead.get("/desk/rules/draft").text
    wrong = lead.client.post(
        "/desk/api/rules/import?name=a.yaml", content=b"entries: [{id: x}]", headers=headers
    )
    assert wrong.json()["wrong"]


def test_a_site_that_keeps_a_directory_only_reads_here(town: Town, tmp_path: object) -> None:
    folder = town.settings.data_dir.parent / "pack"
    folder.mkdir()
    (folder / "pack.yaml").write_text(to_yaml(small()), "utf-8")
    held = Town(town.store, town.settings.model_copy(update={"phrasebook": folder}))
    lead = held.browser("lena")

    shown = lead.get("/desk/rules").text
    assert "说不知道" in shown
    assert str(folder) in shown
    answer = lead.send(
        "PUT",
        "/desk/api/rules/draft",
        {"key": "entries:dont-know", "text": "id: x", "revision": 0},
    )
    assert answer.status_code == 400
    assert answer.json()["key"] == "rules_of_directory"


def test_a_piece_that_cannot_be_is_not_there(town: Town) -> None:
    lead = ruled(town).browser("lena")

    assert lead.get("/desk/rules/piece?key=nonsense:x").status_code == 404
    assert lead.get("/desk/rules/piece?key=entries:brand-new").status_code == 200


def test_verdicts_are_examples_of_the_rule_that_is_typed(town: Town) -> None:
    ruled(town)
    report = town.store.load("call-1")
    assert report is not None
    hit = next(one for one in report.hits if one.rule == "s1-1-dont-know")
    with town.store.writing() as connection:
        verdicts.give(connection, overturned(hit))
    lead = town.browser("lena")
    text = pieces_of(pack())[RULE]

    now = check(lead, RULE, text.replace("我不知道", "我...2不知道"))
    mended = check(lead, RULE, text.replace("我不知道", "我真的完全不知道"))

    assert now["recalled"] == [{"side": "wrong", "said": 1, "hit": 1}]
    assert mended["recalled"] == [{"side": "wrong", "said": 1, "hit": 0}]


def test_a_page_tells_what_was_learned_this_month(each_town: Town) -> None:
    town = ruled(each_town)
    report = town.store.load("call-1")
    assert report is not None
    hit = next(one for one in report.hits if one.rule == "s1-1-dont-know")
    with town.store.writing() as connection:
        for number in range(25):
            verdicts.give(connection, replace(overturned(hit), hit_id=f"h{number}"))
    lead = town.browser("lena")

    shown = lead.get("/desk/rules/learned").text
    before = lead.get("/desk/rules/learned?on=2020-01-15").text

    assert "推说不知道" in shown
    assert "误报多：改为只进复核" in shown
    assert "其中误报 25" in shown
    assert "这个月还没有裁定" in before
