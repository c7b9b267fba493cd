"""What is missing of a call is told once, whenever there is more of it, and outlives a restart."""

from __future__ import annotations

from api.live.call_gaps import TOLD_EVERY, CallGaps
from qa_engine.line.missing import MissingSound


def spans(gaps: CallGaps) -> list[tuple[int | None, int, int]] | None:
    told = gaps.news()
    return None if told is None else [(s.channel, s.begin_ms, s.end_ms) for s in told]


def test_what_is_missing_is_news_until_it_was_told_and_again_when_there_is_more() -> None:
    gaps = CallGaps(2)
    assert spans(gaps) is None

    assert gaps.add(1_000, [500, 500]) == 1_000
    first = spans(gaps)
    assert first is not None
    assert spans(gaps) is None

    assert gaps.add(4_000, [300, 300]) == 600
    more = spans(gaps)
    assert more is not None
    assert len(more) > len(first)
    assert spans(gaps) is None


def test_where_a_channel_is_known_already_nothing_is_missing() -> None:
    gaps = CallGaps(2)
    gaps.restore([2_000, 1_200], MissingSound())

    assert gaps.add(1_000, [500, 500]) == 300

    assert spans(gaps) == [(1, 1_200, 1_500)]


def test_after_a_restart_all_that_is_missing_is_news_again() -> None:
    before = CallGaps(1)
    before.add(1_000, [500])
    told = spans(before)
    assert before.saved()

    after, missing = CallGaps(1), MissingSound()
    missing.add([(1_000, 1_500)])
    after.restore([0], missing)

    assert spans(after) == told
    assert after.saved() == before.saved()


def test_the_rules_hear_of_it_once_in_each_piece_of_the_call() -> None:
    gaps = CallGaps(1)

    assert not gaps.are_due(0, TOLD_EVERY - 1)
    assert gaps.are_due(TOLD_EVERY - 1, TOLD_EVERY)
    assert not gaps.are_due(TOLD_EVERY, 2 * TOLD_EVERY - 1)
