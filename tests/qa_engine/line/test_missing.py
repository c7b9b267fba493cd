"""Lost sound is put together as it is noticed."""

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.line.missing import MissingSound


def lost(begin_ms: int, end_ms: int, channel: int | None = None) -> Stretch:
    return Stretch(kind=StretchKind.MISSING, channel=channel, begin_ms=begin_ms, end_ms=end_ms)


def test_what_follows_on_a_gap_makes_it_longer() -> None:
    missing = MissingSound()
    for begin in range(1_000, 3_000, 200):
        missing.add([(begin, begin + 200)] * 2)
    missing.add([(9_000, 9_500)] * 2)
    assert missing.stretches == (lost(1_000, 3_000), lost(9_000, 9_500))


def test_a_channel_that_lacks_more_than_the_other_is_told_by_its_number() -> None:
    missing = MissingSound()
    assert missing.add([(1_000, 2_000), (1_000, 1_000)]) == 1_000
    assert missing.add([(5_000, 6_000), (5_500, 6_000)]) == 1_500
    assert missing.stretches == (
        lost(1_000, 2_000, 0),
        lost(5_000, 6_000, 0),
        lost(5_500, 6_000, 1),
    )


def test_it_survives_a_restart_and_goes_on() -> None:
    missing, after = MissingSound(), MissingSound()
    missing.add([(1_000, 2_000)] * 2)
    missing.add([(3_000, 4_000), (3_000, 3_000)])
    after.restore(missing.saved())
    assert after.stretches == missing.stretches
    after.add([(2_000, 2_500)] * 2)
    assert after.stretches[0] == lost(1_000, 2_500)
