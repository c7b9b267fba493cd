"""Words as heard open with a key of the site alone."""

from __future__ import annotations

import pytest

from api.store.errors import StoreError
from api.store.seal import KEY_VARIABLE, Seal, new_key

OLD, NEW = new_key(), new_key()


def test_what_is_sealed_opens_with_its_key_and_holds_none_of_the_words() -> None:
    sealed = Seal(NEW).seal("我的卡号")
    assert Seal(NEW).reveal(sealed) == "我的卡号"
    assert "我的卡号".encode() not in sealed


def test_of_several_keys_the_first_seals_and_all_reveal() -> None:
    both = Seal(f"{NEW}, {OLD}")
    assert both.reveal(Seal(OLD).seal("before")) == "before"
    assert Seal(NEW).reveal(both.seal("now")) == "now"
    with pytest.raises(StoreError, match="another key"):
        Seal(OLD).reveal(both.seal("now"))


def test_what_is_no_key_is_told() -> None:
    with pytest.raises(StoreError, match="not a key"):
        Seal("short")


def test_a_site_without_a_key_seals_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert Seal.from_environment() is None
    monkeypatch.setenv(KEY_VARIABLE, "")
    assert Seal.from_environment() is None
    monkeypatch.setenv(KEY_VARIABLE, NEW)
    site = Seal.from_environment()
    assert site is not None
    assert site.reveal(Seal(NEW).seal("x")) == "x"


def test_new_keys_are_all_different() -> None:
    assert len({new_key() for _ in range(5)}) == 5
