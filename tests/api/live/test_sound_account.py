"""Every millisecond of a call ends in one place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.sound_account import SoundAccount
from qa_engine.hearing.accounting import Account


def book(**ms: int) -> Account:
    fields = {"silent_ms": 0, "decoded_ms": 0, "pending_ms": 0} | ms
    counts = {"partials_wanted": 0, "partials_decoded": 0, "partials_coalesced": 0}
    fed_ms = sum(fields.values())
    return Account(fed_ms=fed_ms, dropped_ms={}, finals_decoded=0, **fields, **counts)


def test_the_channels_are_summed() -> None:
    totals = SoundAccount(2).totals([book(silent_ms=700, decoded_ms=300), book(silent_ms=1_000)])
    assert (totals.received_ms, totals.silent_ms, totals.decoded_ms) == (2_000, 1_700, 300)
    assert totals.adds_up


def test_what_an_overtaken_partial_was_the_first_to_cover_counts_as_coalesced() -> None:
    accounts = SoundAccount(1)
    accounts.wanted(0, 1, 0, 1_000)
    accounts.wanted(0, 2, 0, 1_400)
    accounts.overtaken(0, 2)
    accounts.partial(0, 1)
    totals = accounts.totals([book(decoded_ms=2_000)])
    assert (totals.coalesced_ms, totals.decoded_ms) == (400, 1_600)
    assert totals.adds_up


@pytest.mark.parametrize("silent_ms", [900, 500], ids=["silence enough", "speech ran into it"])
def test_a_gap_in_the_connection_is_told_as_dropped(silent_ms: int) -> None:
    accounts = SoundAccount(2)
    accounts.gap(600, "connection_gap")
    totals = accounts.totals([book(silent_ms=silent_ms, decoded_ms=400)])
    assert totals.dropped_ms == {"connection_gap": 600}
    assert totals.adds_up


windows = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9_000), st.integers(1, 4_000)))


@settings(max_examples=60, deadline=None)
@given(windows, st.integers(0, 500), st.integers(0, 9_000), st.integers(0, 9_000))
def test_the_ledger_adds_up_whatever_comes(
    partials: list[tuple[int, int, int]], gap_ms: int, silent_ms: int, decoded_ms: int
) -> None:
    accounts = SoundAccount(2)
    for index, (channel, begin, length) in enumerate(partials):
        accounts.wanted(channel, index, begin, begin + length)
        (accounts.overtaken if index % 2 else accounts.partial)(channel, index)
    books = [book(silent_ms=silent_ms + 1_000, decoded_ms=decoded_ms), book(pending_ms=5)]
    accounts.gap(gap_ms * 2, "connection_gap")
    assert accounts.totals(books).adds_up
