"""What waits for one watcher."""

from api.live.event_log import LogEntry
from api.live.watchers import Outbox


def entry(seq: int, slot: str = "") -> LogEntry:
    return LogEntry(call_id="a", seq=seq, type="utterance", body="", slot=slot)


def test_a_partial_takes_the_place_of_the_one_before_it() -> None:
    outbox = Outbox(8)
    for one in (entry(1), entry(2, "u1"), entry(3), entry(4, "u1")):
        assert outbox.offer(one)
    assert [one.seq for one in outbox.take()] == [1, 3, 4]


def test_partials_alone_never_fill_it() -> None:
    outbox = Outbox(4)
    assert all(outbox.offer(entry(seq, "u1")) for seq in range(1, 100))


def test_when_it_is_full_it_says_so() -> None:
    outbox = Outbox(2)
    assert [outbox.offer(entry(seq)) for seq in (1, 2, 3)] == [True, True, False]


def test_taking_empties_it() -> None:
    outbox = Outbox(2)
    outbox.offer(entry(1))
    outbox.take()
    assert len(outbox) == 0
