"""With a key no recording lies in plain, and every part of it plays all the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from api.settings import Settings
from api.settings_load import load_settings
from api.store import Store, StoreError
from api.store.audio import AudioShelf, open_kept
from api.store.recording_cipher import KEY_VARIABLE, MAGIC
from api.store.seal import new_key

SOUND = b"OggS" + os.urandom(200_000)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    made = new_key()
    monkeypatch.setenv(KEY_VARIABLE, made)
    return made


def kept(store: Store, folder: Path, sound: bytes = SOUND) -> tuple[str, Path]:
    path = folder / "call.ogg"
    path.write_bytes(sound)
    digest = hashlib.sha256(sound).hexdigest()
    shelf = AudioShelf(folder / "shelf")
    shelf.keep(path, digest)
    with store.writing() as connection:
        shelf.note(connection, digest, len(sound))
    (there,) = (folder / "shelf").rglob(digest)
    return digest, there


def read(store: Store, digest: str, begin: int = 0, length: int = -1) -> bytes:
    with store.reading() as connection, open_kept(connection, digest) as file:
        file.seek(begin)
        return file.read(length)


def test_a_kept_recording_is_not_there_in_plain(store: Store, tmp_path: Path, key: str) -> None:
    digest, there = kept(store, tmp_path)

    lies = there.read_bytes()
    assert lies.startswith(MAGIC)
    assert SOUND[:64] not in lies
    assert read(store, digest) == SOUND


@pytest.mark.parametrize("begin", [0, 1, 65_535, 65_536, 65_537, 131_072, 199_999, 200_004])
def test_it_plays_from_anywhere(store: Store, tmp_path: Path, key: str, begin: int) -> None:
    digest, _ = kept(store, tmp_path)

    assert read(store, digest, begin, 70_000) == SOUND[begin : begin + 70_000]


def test_a_new_key_goes_first_and_the_old_one_still_opens(
    store: Store, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, _ = kept(store, tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, f"{new_key()}, {key}")
    assert read(store, digest) == SOUND

    monkeypatch.setenv(KEY_VARIABLE, new_key())
    with pytest.raises(StoreError, match="encrypted with another key"):
        read(store, digest)


def test_what_was_changed_or_moved_is_refused(store: Store, tmp_path: Path, key: str) -> None:
    digest, there = kept(store, tmp_path)
    lies = bytearray(there.read_bytes())
    first, second = lies[27 : 27 + 65_552], lies[27 + 65_552 : 27 + 2 * 65_552]
    there.write_bytes(bytes(lies[:27]) + second + first + bytes(lies[27 + 2 * 65_552 :]))

    with pytest.raises(StoreError, match="damaged or changed"):
        read(store, digest)


def test_a_recording_from_before_the_key_is_played_as_it_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, there = kept(store, tmp_path)
    assert there.read_bytes() == SOUND

    monkeypatch.setenv(KEY_VARIABLE, new_key())

    assert read(store, digest) == SOUND


def test_what_is_no_key_is_told(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")

    with pytest.raises(StoreError, match="expected 32 bytes"):
        kept(store, tmp_path)


def test_a_server_knows_the_variable(key: str) -> None:
    assert isinstance(load_settings(), Settings)
