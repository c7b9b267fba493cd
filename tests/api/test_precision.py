"""Verdicts move rules: proposals to demote, to close without review, or to wait for more."""

from __future__ import annotations

import pytest

from api.review.boards.precision import Proposal, rule_precision
from api.review.boards.wilson import Share
from api.store.verdicts import Verdict
from tests.qa_engine.report.sample_pack import pack

RULE = pack().entries[0].id


def verdicts(right: int, wrong: int, missed: int = 0) -> list[Verdict]:
    outcomes = [(True, False)] * right + [(False, False)] * wrong + [(True, True)] * missed
    return [
        Verdict(
            call_id=f"c{n}",
            hit_id="h",
            rule=RULE,
            utterance=0,
            begin_char=0,
            end_char=4,
            right=is_right,
            missed=is_missed,
            by="inspector",
        )
        for n, (is_right, is_missed) in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "proposal"),
    [
        (3, 1, Proposal.MORE_VERDICTS),
        (10, 30, Proposal.SILENCE),
        (18, 4, Proposal.KEEP),
        (200, 0, Proposal.CLOSE_WITHOUT_REVIEW),
    ],
)
def test_a_rule_is_proposed_what_its_interval_allows(
    right: int, wrong: int, proposal: Proposal
) -> None:
    rows = {row.rule: row for row in rule_precision(pack(), verdicts(right, wrong))}

    assert rows[RULE].proposal is proposal


def test_places_marked_as_missed_lower_the_recall() -> None:
    rows = {row.rule: row for row in rule_precision(pack(), verdicts(8, 0, missed=2))}

    assert rows[RULE].recall.value == pytest.approx(0.8)


def test_the_interval_agrees_with_the_textbook() -> None:
    share = Share(8, 10)

    assert (share.low, share.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_of_nothing_anything_is_possible() -> None:
    assert (Share(0, 0).value, Share(0, 0).low, Share(0, 0).high) == (None, 0.0, 1.0)
