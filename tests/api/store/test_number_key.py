"""A customer's number is found by its fingerprint, and by nobody without the key."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from api.store import CallFiling, Store, StoreError
from api.store.number_key import KEY_VARIABLE, NumberKey, normalised
from api.store.seal import new_key
from api.store.tables import calls
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

MOBILE = "13800138000"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *((way, MOBILE) for way in ("13800138000", "138-0013-8000", "138 0013 8000")),
        *((way, MOBILE) for way in ("+86 138 0013 8000", "008613800138000", "8613800138000")),
        *((way, MOBILE) for way in ("013800138000", "１３８００１３８０００", "张三 13800138000")),
        ("0571-8765-1111", "057187651111"),
        ("+86 571 87651111", "057187651111"),
        ("+86 10 6234 5678", "01062345678"),
        ("(010) 62345678", "01062345678"),
        ("4008001234", "4008001234"),
        ("C-17", ""),
        ("zhang12345@example.com", ""),
        ("13800138000 13900139000", ""),
        ("", ""),
    ],
)
def test_a_number_is_one_however_it_is_written(written: str, number: str) -> None:
    assert normalised(written) == number


def test_fingerprints_hang_on_the_key_and_tell_nothing_of_the_number() -> None:
    first, second = NumberKey(new_key()), NumberKey(new_key())
    assert first.fingerprint(MOBILE) == first.fingerprint("+86 138 0013 8000")
    assert first.fingerprint(MOBILE) != second.fingerprint(MOBILE)
    assert MOBILE not in first.fingerprint(MOBILE)


def test_a_new_key_makes_and_the_old_one_still_finds() -> None:
    old, new = new_key(), new_key()
    both = NumberKey(f"{new}, {old}")
    assert both.fingerprint(MOBILE) == NumberKey(new).fingerprint(MOBILE)
    assert NumberKey(old).fingerprint(MOBILE) in both.fingerprints(MOBILE)


@pytest.mark.parametrize("key", ["secret", "ⅷ", "QUJD", ","])
def test_a_bad_key_is_told_when_the_store_is_opened(
    store_url: str, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(StoreError, match=KEY_VARIABLE) as told:
        Store.open(store_url)
    assert "secret" not in str(told.value)


def test_calls_are_filed_with_a_fingerprint_where_there_is_a_key(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prints = {}
    for number, key in ((1, ""), (2, new_key())):
        monkeypatch.setenv(KEY_VARIABLE, key)
        store = Store.open(store_url)
        for n, customer in ((number, MOBILE), (number + 10, "C1008600")):
            filing = CallFiling(customer=customer, started_at=datetime.now(UTC))
            store.save(report(n), filing, book=pack())
        with store.reading() as connection:
            prints = dict(connection.execute(select(calls.c.id, calls.c.customer_print)).all())
            kept = str(connection.execute(select(calls)).all())
        store.close()
    assert [bool(prints[f"call-{n}"]) for n in (1, 11, 2, 12)] == [False, False, True, False]
    assert MOBILE not in kept
