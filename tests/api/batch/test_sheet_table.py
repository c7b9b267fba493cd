"""What the sheets of a workbook share: their order and their figures."""

from __future__ import annotations

from api.batch.sheets.table import last_without


def test_the_lowest_score_comes_first_and_a_call_without_one_last() -> None:
    scores = [63.2, None, 0.0, 100.0, None]

    ordered = sorted(scores, key=last_without)

    assert ordered == [0.0, 63.2, 100.0, None, None]
    assert [last_without(score) for score in scores[:1] + scores[2:4]] == [63.2, 0.0, 100.0]
