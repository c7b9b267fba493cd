from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_engine.hearing.accounting import Accounting


@given(
    silent=st.integers(0, 99_999),
    decoded=st.integers(0, 99_999),
    dropped=st.dictionaries(st.sampled_from(["too_short", "failed"]), st.integers(0, 9_999)),
    pending=st.integers(0, 99_999),
)
def test_the_parts_add_up_whatever_the_rounding(
    silent: int, decoded: int, dropped: dict[str, int], pending: int
) -> None:
    accounting = Accounting()
    accounting.fed(silent + decoded + sum(dropped.values()) + pending)
    accounting.silent(silent)
    accounting.decoded(decoded)
    for reason, samples in dropped.items():
        accounting.dropped(samples, reason)
    account = accounting.account()
    parts = account.silent_ms + account.decoded_ms + sum(account.dropped_ms.values())
    assert parts + account.pending_ms == account.fed_ms
    assert account.pending_ms >= pending // 16
    assert (account.pending_ms == 0) or pending or parts < account.fed_ms


def test_when_all_is_settled_nothing_is_pending() -> None:
    accounting = Accounting()
    accounting.fed(48_015)
    accounting.silent(15)
    accounting.decoded(48_000 - 7)
    accounting.dropped(7, "too_short")
    account = accounting.account()
    assert account.pending_ms == 0
    assert account.silent_ms + account.decoded_ms == account.fed_ms == 3_000
