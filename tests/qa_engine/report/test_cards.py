"""One card for one sentence, however many rules it breaks."""

from __future__ import annotations

import re
from dataclasses import replace

from qa_engine.report import page
from qa_engine.report.html import render_html
from qa_engine.rules.counting import Effect, Reason
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.test_table import shown

MADE = sample_report()
FIRST = MADE.hits[0]
SECOND = replace(
    FIRST,
    id="another",
    rule="shirking",
    title="推脱",
    points=0.0,
    effect=Effect.NOT_COUNTED,
    effect_reason=Reason.CHARGED_ONCE,
)
BOTH = replace(MADE, hits=(SECOND, *MADE.hits))


def test_rules_that_one_sentence_breaks_stand_in_one_card_the_dearest_first() -> None:
    found = page.findings(BOTH)
    card = page.together(found)[0]

    assert [one.number for one in card] == [1, 1]
    assert [rule[0].hit.title for rule in page.by_rule(card)] == ["推说不知道", "推脱"]
    assert len(page.together(found)) == len(page.together(page.findings(MADE)))


def test_the_sentence_is_quoted_once_and_the_other_rule_stands_under_it() -> None:
    told = render_html(BOTH)
    card = re.findall(r'<li class="finding.*?</li>', told, re.DOTALL)[0]

    assert card.count('class="said"') == 1
    assert card.index("推说不知道") < card.index('class="said"') < card.index("推脱")
    assert "同一句还涉及" in card
    assert "同一处问题只扣一次" in card[card.index("推脱") :]


def test_the_terminal_sets_the_other_rule_under_it_without_a_second_time() -> None:
    lines = shown(BOTH, width=140).splitlines()
    under = next(number for number, line in enumerate(lines) if "└ 推脱" in line)

    assert "00:22" in lines[under - 1]
    assert "00:22" not in lines[under]
    assert "推说不知道" in lines[under - 1]
