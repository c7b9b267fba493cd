"""What calls say that a rule means and does not list: taken up into a draft, or turned down for good."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from api.rulebook import drafts, versions
from api.rulebook.discovered import discovered
from api.rulebook.in_force import in_force
from api.rulebook.versions import Origin
from api.store import CallFiling, verdicts
from phrasebook import to_yaml
from qa_engine.events import Tier
from qa_engine.report import Report
from qa_engine.rules.counting import Effect, Reason
from tests.api.desk.conftest import Town
from tests.api.desk.test_rules_pages import RULE, pack
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack as sample_pack

PAGE = "/desk/rules/discovered"
NAME = RULE.removeprefix("entries:")


def meant(number: int) -> Report:
    """The sample call, whose first finding of the rule no pattern matched."""
    made = report(number)
    first = next(hit for hit in made.hits if hit.rule == NAME)
    waits = {"tier": Tier.MEANING, "needs_review": True, "points": 0.0, "score": 0.87}
    by_meaning = replace(
        first,
        effect=Effect.WAITING,
        effect_reason=Reason.MEANING,
        **waits,  # type: ignore[arg-type]
    )
    return replace(made, hits=tuple(by_meaning if h is first else h for h in made.hits))


def line_of(made: Report) -> str:
    hit = next(hit for hit in made.hits if hit.tier is Tier.MEANING)
    return next(u.text for u in made.utterances if u.id == hit.utterance)


@pytest.fixture
def said_twice(each_town: Town) -> Town:
    versions.publish(each_town.store, pack(), note="", by="lena", follows=0, origin=Origin.IMPORT)
    for number in (1, 2):
        each_town.store.save(meant(number), CallFiling(agent="anna"), book=sample_pack())
    return each_town


LINE = line_of(meant(1))


def test_a_sentence_that_was_said_twice_is_proposed_once_with_a_call_to_hear(
    said_twice: Town,
) -> None:
    shown = unescape(said_twice.browser("lena").get(PAGE).text)

    assert shown.count(f"“{LINE}”") == 1
    assert "说过 2 次" in shown
    assert "相似度 87%" in shown
    assert re.search(r"/desk/calls/call-[12]#t=\d+", shown)


def test_taken_up_it_stands_in_the_draft_of_its_rule_and_counts_as_right(said_twice: Town) -> None:
    lead = said_twice.browser("lena")
    lead.get(PAGE)
    answer = lead.post(PAGE, do="take", rule=NAME, line=LINE)

    assert answer.status_code == 303
    with said_twice.store.reading() as connection:
        (draft,) = drafts.drafts_of(connection, "lena")
        assert draft.piece == RULE
        assert LINE in draft.text
        book = in_force(said_twice.store).book
        assert LINE in to_yaml(drafts.merged(book, [draft]).book(book.name))
        assert {(v.call_id, v.right) for v in verdicts.standing(connection)} == {
            ("call-1", True),
            ("call-2", True),
        }
        assert discovered(connection, book) == []


def test_turned_down_it_counts_as_wrong_and_is_never_proposed_again(said_twice: Town) -> None:
    lead = said_twice.browser("lena")
    lead.get(PAGE)
    lead.post(PAGE, do="refuse", rule=NAME, line=LINE)
    said_twice.store.save(meant(3), CallFiling(agent="anna"), book=sample_pack())

    assert LINE not in unescape(lead.get(PAGE).text)
    with said_twice.store.reading() as connection:
        assert [v.right for v in verdicts.standing(connection)] == [False, False]
        assert drafts.drafts_of(connection, "lena") == []
    assert lead.post(PAGE, do="take", rule=NAME, line=LINE).status_code == 404


def test_a_line_that_nobody_said_is_not_taken_up(said_twice: Town) -> None:
    lead = said_twice.browser("lena")
    lead.get(PAGE)

    assert lead.post(PAGE, do="take", rule=NAME, line="没人说过的话").status_code == 404
    with said_twice.store.reading() as connection:
        assert drafts.drafts_of(connection, "lena") == []


@pytest.mark.parametrize("login", ["anna", "ines", "adam"])
def test_only_leads_see_and_decide(said_twice: Town, login: str) -> None:
    assert said_twice.browser(login).get(PAGE).status_code == 403
