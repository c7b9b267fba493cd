"""A recording that is kept is read where it lies; only a sealed one is copied, and for the while."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from api.review.sound.listening import as_path, is_kept
from api.store import Store
from api.store.recording_cipher import KEY_VARIABLE, MAGIC
from api.store.seal import new_key
from api.store.tables import calls
from tests.api.review.sound import put_with_sound


def digest_of(store: Store, call_id: str) -> str:
    with store.reading() as connection:
        return str(connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id)))


def kept_file(folder: Path) -> Path:
    (file,) = (path for path in (folder / "shelf").rglob("*") if path.is_file())
    return file


def test_a_plain_recording_is_no_copy(store: Store, tmp_path: Path) -> None:
    digest = digest_of(store, put_with_sound(store, tmp_path))

    with as_path(store, digest) as path:
        assert path == kept_file(tmp_path)
    assert path.exists()


def test_a_sealed_one_is_opened_into_a_copy_that_goes_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, new_key())
    digest = digest_of(store, put_with_sound(store, tmp_path))
    assert kept_file(tmp_path).read_bytes().startswith(MAGIC)

    with as_path(store, digest) as path:
        assert path != kept_file(tmp_path)
        assert path.read_bytes() == (tmp_path / "1.wav").read_bytes()
    assert not path.exists()
    assert kept_file(tmp_path).exists()


def test_whether_a_recording_is_kept_is_told_by_its_digest(store: Store, tmp_path: Path) -> None:
    digest = digest_of(store, put_with_sound(store, tmp_path))

    with store.reading() as connection:
        assert is_kept(connection, digest) is True
        assert is_kept(connection, digest[::-1]) is False
