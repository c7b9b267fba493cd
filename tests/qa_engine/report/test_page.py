from __future__ import annotations

from dataclasses import replace

import pytest

from qa_engine.report import page
from qa_engine.rules.check import Check, CheckState
from tests.qa_engine.report.sample import sample_report

REPORT = sample_report()
FOUND = page.findings(REPORT)


def test_hits_of_one_rule_in_one_breath_share_a_number() -> None:
    assert [finding.number for finding in FOUND] == [1, 2, 2, 3, 3, 4]
    assert [len(group) for group in page.together(FOUND)] == [1, 2, 2, 1]


def test_segments_tile_the_text_and_mark_what_was_matched() -> None:
    row = next(row for row in page.rows(REPORT, FOUND) if row.findings)
    assert row.utterance is not None
    assert "".join(segment.text for segment in row.segments) == row.utterance.text
    marked = "".join(segment.text for segment in row.segments if segment.finding)
    assert marked == row.findings[0].hit.heard
    assert any(segment.unsure for segment in row.segments)


def test_overlapping_hits_still_tile_the_text() -> None:
    utterance = REPORT.utterances[5]
    first = FOUND[0]
    wider = replace(first, number=9, hit=replace(first.hit, begin_char=1, end_char=9))
    segments = list(page.segments(utterance, [first, wider]))
    assert "".join(segment.text for segment in segments) == utterance.text
    assert {segment.finding.number for segment in segments if segment.finding} == {1, 9}


def test_a_quote_marks_every_finding_of_its_number() -> None:
    group = page.together(FOUND)[1]
    parts = list(page.quote(group))
    assert "".join(part.text for part in parts) == group[0].hit.quote
    assert [part.text for part in parts if part.finding] == ["不归我管", "您找营业厅"]


def test_long_silences_stand_between_the_lines_they_part() -> None:
    rows = page.rows(REPORT, FOUND)
    gaps = [row for row in rows if row.gap]
    assert [(row.gap, row.begin_ms, row.end_ms) for row in gaps] == [("hold", 44_000, 71_000)]
    assert rows == sorted(rows, key=lambda row: row.begin_ms)


def test_a_step_stands_under_the_words_that_did_it() -> None:
    first = page.rows(REPORT, FOUND)[0]
    assert [step.id for step in first.steps] == ["opening"]


def test_steps_that_never_applied_are_not_listed() -> None:
    assert "transfer-reason" not in [step.id for step in page.due_steps(REPORT)]


def test_the_dearest_deductions_come_first() -> None:
    assert [deduction.points for deduction in page.losses(REPORT)] == [10, 10, 5]


@pytest.mark.parametrize("value", [-1e9, 0.0, 60.0, 190.0, 1e9])
def test_a_gauge_stays_on_its_scale(value: float) -> None:
    check = Check(
        id="conduct.rate", source="", state=CheckState.OK, value=value, unit="cpm", low=120.0,
        high=260.0,
    )  # fmt: skip
    gauge = page.gauge(check)
    assert gauge.marker is not None
    assert 0 < gauge.marker < 100
    assert 0 <= gauge.good_from < gauge.good_to <= 100


def test_what_cannot_be_measured_has_no_marker() -> None:
    check = Check(
        id="conduct.volume", source="", state=CheckState.NOT_APPLICABLE, value=None, unit="dbfs",
        low=-42.0, high=-6.0,
    )  # fmt: skip
    assert page.gauge(check).marker is None
