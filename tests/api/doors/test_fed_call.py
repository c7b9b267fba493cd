"""A call that is gone on with stands where it is by the clock, however much of it was heard."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from api.doors.fed_call import _by_clock
from qa_engine.dialogue import Basis

MOST_CALL_S = 3_600


def at_ms(*, began_ago_s: float, received_s: float, basis: Basis = Basis.SOUND) -> int | None:
    """Its feeder was heard this very moment: a server that is behind still reads what it sent."""
    now_s = time.monotonic()
    call: Any = SimpleNamespace(
        live=SimpleNamespace(info=SimpleNamespace(basis=basis)),
        feed=SimpleNamespace(received_ms=round(received_s * 1_000)),
        began_s=now_s - began_ago_s,
        heard_s=now_s,
    )
    calls: Any = SimpleNamespace(settings=SimpleNamespace(max_call_s=MOST_CALL_S))
    return _by_clock(calls, call)


@pytest.mark.parametrize(
    ("began_ago_s", "received_s", "stands_s"),
    [
        (214.0, 212.0, 214),
        # Behind by a minute and a half: what was not heard of it was said all the same.
        (214.0, 124.0, 214),
        # Fed faster than it was spoken.
        (30.0, 200.0, 200),
        (2 * MOST_CALL_S, 10.0, MOST_CALL_S),
    ],
)
def test_a_call_stands_where_it_is_by_the_clock(
    began_ago_s: float, received_s: float, stands_s: int
) -> None:
    told = at_ms(began_ago_s=began_ago_s, received_s=received_s)
    assert told is not None
    assert round(told / 1_000) == stands_s


def test_of_words_nothing_is_missing() -> None:
    assert at_ms(began_ago_s=200.0, received_s=0.0, basis=Basis.WORDS) is None
