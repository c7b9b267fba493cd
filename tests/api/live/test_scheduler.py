"""The order in which windows are recognised."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.cost import DecodeCost
from api.live.scheduler import DecodeJob, DecodeQueue, Limits
from qa_engine.events import DecodeWanted

counter = iter(range(1_000_000))


def job(
    call: str = "a", *, final: bool = False, at_s: float = 0.0, ms: int = 1_000, **more: Any
) -> DecodeJob:
    place = {name: more.pop(name) for name in ("channel", "utterance") if name in more}
    window = DecodeWanted(
        at_ms=0,
        window_id=next(counter),
        begin_ms=0,
        samples=np.zeros(ms * 16, np.float32),
        final=final,
        **{"channel": 0, "utterance": 1, **place},
    )
    return DecodeJob(call_id=call, window=window, wanted_s=at_s, **more)


def queued(*jobs: DecodeJob, **limits: float) -> DecodeQueue:
    queue = DecodeQueue(Limits(**limits))  # type: ignore[arg-type]
    for one in jobs:
        queue.offer(one)
    return queue


def test_a_final_goes_before_a_partial_that_waits_longer() -> None:
    partial, final = job("a", at_s=0.0), job("b", final=True, at_s=1.0)
    queue = queued(partial, final)
    assert queue.take(2.0) == [final]
    assert queue.take(2.0) == [partial]


def test_the_oldest_final_goes_first() -> None:
    young, old = job("a", final=True, at_s=2.0), job("b", final=True, at_s=1.0)
    assert queued(young, old, batch=1).take(3.0) == [old]


def test_the_oldest_partial_goes_first() -> None:
    young, old = job("a", at_s=2.0), job("b", at_s=1.0)
    assert queued(young, old, batch=1).take(3.0) == [old]


def test_a_newer_partial_overtakes_the_one_that_waits_and_keeps_its_place() -> None:
    first, other, newer = job("a", at_s=0.0), job("b", at_s=0.5), job("a", at_s=1.0)
    queue = queued(first, other, batch=1)
    assert queue.offer(newer) == [first]
    assert queue.take(2.0)[0].window.window_id == newer.window.window_id


def test_a_final_overtakes_its_own_partial() -> None:
    partial, final = job("a"), job("a", final=True)
    queue = queued(partial)
    assert queue.offer(final) == [partial]
    assert queue.take(0.0) == [final]
    assert queue.take(0.0) == []


def test_a_late_final_leaves_the_partial_of_the_next_utterance() -> None:
    partial = job("a", utterance=2)
    queue = queued(partial)
    assert queue.offer(job("a", final=True, utterance=1)) == []


def test_the_two_channels_of_a_call_do_not_overtake_each_other() -> None:
    agent, customer = job("a", channel=0), job("a", channel=1)
    assert queued(agent).offer(customer) == []


def test_one_batch_holds_windows_of_many_calls() -> None:
    jobs = [job(name, final=True) for name in "abcdef"]
    assert len(queued(*jobs, batch=4).take(0.0)) == 4


def test_calls_with_other_hotwords_share_a_batch() -> None:
    jobs = [job("a", final=True, hotwords="年化"), job("b", final=True, hotwords="白金卡 年费")]
    assert queued(*jobs).take(0.0) == jobs


def test_a_long_window_does_not_make_short_ones_pay_for_its_padding() -> None:
    long, short = job("a", final=True, ms=9_000, at_s=0.0), job("b", final=True, ms=900, at_s=0.1)
    assert queued(long, short).take(1.0) == [long]


def test_under_strain_a_channel_rests_between_partials() -> None:
    queue = queued(job("a", final=True, at_s=0.0), refuse_wait_s=9)
    queue.take(1.0)
    assert queue.strained
    queue.offer(job("b", at_s=1.0))
    assert queue.take(1.0)
    queue.offer(job("b", at_s=1.1))
    assert queue.take(1.1) == []
    assert queue.next_ready_s(1.1) == pytest.approx(0.3)
    assert queue.take(1.41)


def test_a_partial_at_a_pause_goes_before_older_ones_and_waits_for_no_rest() -> None:
    queue = queued(job("a", final=True, at_s=0.0), refuse_wait_s=9, batch=1)
    queue.take(1.0)
    queue.offer(job("b", at_s=1.0))
    assert queue.take(1.0)
    old, paused = job("c", at_s=0.5), job("b", at_s=1.1, urgent=True)
    queue.offer(old)
    queue.offer(paused)
    assert queue.take(1.1) == [paused]
    assert queue.take(1.1) == [old]


def test_a_busy_recogniser_gives_each_channel_fewer_partials() -> None:
    def rest_s(busy_share: float) -> float:
        queue = queued(job("a"))
        for _ in range(30):
            queue.worked(busy_share, 1.0 - busy_share)
        queue.take(1.0)
        queue.offer(job("a"))
        return queue.next_ready_s(1.0) or 0.0

    assert rest_s(0.1) == 0.0
    assert rest_s(0.275) == pytest.approx(0.2, abs=0.01)
    assert rest_s(0.9) == pytest.approx(0.4)


def test_new_calls_are_refused_with_a_reason_while_finals_wait_too_long() -> None:
    queue = queued(job("a", final=True, at_s=0.0), refuse_wait_s=1.0)
    assert queue.refusal(0.5) is None
    assert "2.0 s behind" in (queue.refusal(2.0) or "")


def test_the_door_opens_again_when_the_wait_has_gone() -> None:
    queue = queued(job("a", final=True, at_s=0.0), refuse_wait_s=1.0)
    queue.take(3.0)
    assert queue.refusal(3.0)
    for _ in range(20):
        queue.take(3.0)
    assert queue.refusal(3.0) is None


def test_forgetting_a_call_leaves_the_others() -> None:
    stays = job("b", final=True)
    queue = queued(job("a"), job("a", final=True, utterance=0), stays)
    assert len(queue.forget("a")) == 2
    assert queue.take(0.0) == [stays]


offers = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 1), st.integers(300, 9_000)),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(offers, st.integers(1, 8))
def test_every_window_is_decoded_or_overtaken_and_finals_always_decoded(
    rows: list[tuple[str, bool, int, int]], batch: int
) -> None:
    queue, overtaken, done = DecodeQueue(Limits(batch=batch)), [], []
    jobs = [
        job(call, final=final, channel=channel, ms=ms, at_s=index / 10)
        for index, (call, final, channel, ms) in enumerate(rows)
    ]
    for index, one in enumerate(jobs):
        overtaken += queue.offer(one)
        if index % 3 == 0:
            done += queue.take(index / 10)
    for moment in range(200):
        done += queue.take(100.0 + moment)
    assert len(queue) == 0
    assert {j.window.window_id for j in done} | {j.window.window_id for j in overtaken} == {
        j.window.window_id for j in jobs
    }
    assert len(done) + len(overtaken) == len(jobs)
    assert {j.window.window_id for j in jobs if j.window.final} <= {
        j.window.window_id for j in done
    }


def slow_queue(*jobs: DecodeJob, **limits: float) -> DecodeQueue:
    queue = DecodeQueue(Limits(**limits), DecodeCost(0.8))  # type: ignore[arg-type]
    for one in jobs:
        queue.offer(one)
    return queue


def test_a_slow_recogniser_gets_one_window_at_a_time() -> None:
    first, second = job("a", final=True, at_s=0.0), job("b", final=True, at_s=0.1)
    queue = slow_queue(first, second, refuse_wait_s=9)
    assert queue.take(0.2) == [first]
    assert queue.take(1.0) == [second]


def test_a_slow_recogniser_gives_partials_a_share_of_its_time() -> None:
    queue = slow_queue(job("a", ms=2_500), slow_share=0.25)
    assert queue.take(0.0)
    queue.offer(job("b", ms=2_500))
    assert queue.take(1.0) == []
    assert queue.next_ready_s(1.0) == pytest.approx(2.2)
    assert queue.take(3.3)


def test_a_slow_recogniser_is_not_kept_from_a_final_by_a_partial_of_little_worth() -> None:
    queue = slow_queue(job("a", ms=1_000), job("b", ms=3_000, urgent=True))
    assert queue.take(0.0) == []


def test_while_finals_wait_a_slow_recogniser_gets_no_partials() -> None:
    queue = slow_queue(job("a", final=True, at_s=0.0), refuse_wait_s=9)
    queue.take(2.0)
    assert queue.strained
    queue.offer(job("b", ms=5_000, at_s=2.0))
    assert queue.take(2.0) == []


def test_a_wait_is_forgotten_when_nobody_speaks_any_more() -> None:
    queue = queued(job("a", final=True, at_s=0.0), refuse_wait_s=1.0)
    queue.take(4.0)
    assert queue.refusal(5.0)
    assert queue.refusal(12.0) is None


def test_a_partial_that_nobody_waits_for_any_more_is_taken_out() -> None:
    mine, other = job("a"), job("b")
    queue = queued(mine, other)
    queue.withdraw("a", mine.window.window_id)
    queue.withdraw("a", other.window.window_id)
    assert queue.take(1.0) == [other]
