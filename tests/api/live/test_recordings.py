"""The sound of a live call lies on the shelf like a recording's, where the site says so."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from api.auth import Right
from api.hearing import Hearing
from api.live.kept_sounds import KeptSounds
from api.live.recordings import Recordings
from api.live.wire_audio import Encoding, encode
from api.review.purge import purge
from api.store import Store
from api.store.audio import AudioShelf, open_kept
from api.store.tables import calls
from models.recogniser import Samples
from qa_engine.audio.decode import blocks
from tests.api.live.servers import (
    Server,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
)
from tests.api.live.speech import record, scripted_hearing

SOUND = record([(0, 200, "您好感谢致电很高兴为您服务"), (1, 3_000, "好的谢谢")], 5_000)
CALL = encode(SOUND, Encoding.LINEAR16)
SECOND = 64_000
"""Bytes of a second of stereo."""


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Hearing:
    return scripted_hearing(tmp_path_factory.mktemp("hearing"))


def digest_of(store: Store, call_id: str) -> str | None:
    with store.reading() as connection:
        return connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))


def kept(server: Server, call_id: str, folder: Path) -> Samples:
    """What an inspector hears: float32 [channels, n] at 16 kHz."""
    store: Store = server.app.state.store
    wait_for(lambda: digest_of(store, call_id) is not None)
    digest = digest_of(store, call_id)
    assert digest
    with store.reading() as connection, open_kept(connection, digest) as file:
        copy = folder / f"{call_id}.flac"
        copy.write_bytes(file.read())
    return np.concatenate(list(blocks(copy)), axis=1)


def test_an_inspector_hears_what_came_in_and_nobody_else(tmp_path: Path, hearing: Hearing) -> None:
    settings = settings_for(tmp_path, keep_sound=str(tmp_path / "shelf"))

    async def call(server: Server) -> None:
        async with feeding(server, "kept") as socket:
            await play(socket, CALL)
            await close_stream(socket)

    with running(settings, hearing) as server:
        asyncio.run(call(server))
        heard = kept(server, "kept", tmp_path)
        store: Store = server.app.state.store
        wait_for(lambda: not list((tmp_path / "data" / "recorded").iterdir()))
        (file,) = [path for path in (tmp_path / "shelf").rglob("*") if path.is_file()]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        purge(store, before=datetime.now(UTC) + timedelta(days=1), who="lead")
        assert not file.exists()
    assert heard.shape == (2, 80_000)
    assert np.abs(heard - SOUND.reshape(-1, 2).T).max() < 2e-4


def test_what_was_never_sent_is_silence_at_its_place(tmp_path: Path, hearing: Hearing) -> None:
    settings = settings_for(tmp_path, keep_sound=str(tmp_path / "shelf"))

    async def call(server: Server) -> None:
        token = server.tokens.mint("gap", Right.FEED)
        async with feeding(server, "gap", token=token) as socket:
            await until(socket, "listening")
            await play(socket, CALL[:SECOND])
            await until(socket, "received")
            socket.transport.abort()
        wait_for(lambda: server.calls.find("gap").live.state == "lost")
        async with feeding(server, "gap", "&resume=true&from_ms=3000", token=token) as socket:
            await play(socket, CALL[3 * SECOND :])
            await close_stream(socket)

    with running(settings, hearing) as server:
        asyncio.run(call(server))
        heard = kept(server, "gap", tmp_path)
    spoken = SOUND.reshape(-1, 2).T
    assert heard.shape == (2, 80_000)
    assert not heard[:, 17_000:47_000].any(), "the second and third second never came"
    assert np.abs(heard[:, :15_000] - spoken[:, :15_000]).max() < 2e-4
    assert np.abs(heard[:, 49_000:] - spoken[:, 49_000:]).max() < 2e-4


def test_a_call_that_a_restart_cut_in_two_is_one_recording(
    tmp_path: Path, hearing: Hearing
) -> None:
    settings = settings_for(tmp_path, keep_sound=str(tmp_path / "shelf"))

    async def begin(server: Server, token: str) -> None:
        async with feeding(server, "cut", token=token) as socket:
            await play(socket, CALL[: 2 * SECOND])
            await until(socket, "received")
            await asyncio.sleep(0.3)

    async def end(server: Server, token: str) -> None:
        async with feeding(server, "cut", "&resume=true", token=token) as socket:
            received_ms = (await until(socket, "listening"))[-1]["received_ms"]
            await play(socket, CALL[received_ms * 64 :])
            await close_stream(socket)

    with running(settings, hearing) as server:
        token = server.tokens.mint("cut", Right.FEED)
        asyncio.run(begin(server, token))
    with running(settings, hearing) as server:
        asyncio.run(end(server, token))
        heard = kept(server, "cut", tmp_path)
    assert heard.shape == (2, 80_000)
    assert np.abs(heard - SOUND.reshape(-1, 2).T).max() < 2e-4


def test_without_the_setting_nothing_is_kept(tmp_path: Path, hearing: Hearing) -> None:
    async def call(server: Server) -> None:
        async with feeding(server, "plain") as socket:
            await play(socket, CALL)
            await close_stream(socket)

    with running(settings_for(tmp_path), hearing) as server:
        asyncio.run(call(server))
        store: Store = server.app.state.store
        wait_for(lambda: digest_of(store, "plain") is not None)
        assert digest_of(store, "plain") == ""
    assert not (tmp_path / "data" / "recorded").exists()


def test_a_disk_that_takes_no_more_costs_the_sound_and_not_the_call(
    tmp_path: Path, hearing: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    settings = settings_for(tmp_path, keep_sound=str(tmp_path / "shelf"))

    async def call(server: Server) -> list[dict[str, object]]:
        async with feeding(server, "full") as socket:
            await play(socket, CALL)
            return await close_stream(socket)

    with running(settings, hearing) as server:
        monkeypatch.setattr("api.live.kept_sounds.KeptSession.hear", full)
        messages = asyncio.run(call(server))
        store: Store = server.app.state.store
        wait_for(lambda: digest_of(store, "full") is not None)
        assert digest_of(store, "full") == ""
    assert [notice["code"] for notice in of(messages, "notice")] == ["sound"]
    assert messages[-1]["reason"] == "closed"


def test_sound_that_was_kept_to_be_heard_later_is_taken_over(tmp_path: Path) -> None:
    later = KeptSounds(tmp_path / "later")
    samples = np.linspace(-0.5, 0.5, 32_000, dtype=np.float32).reshape(2, -1)
    later.session("c-1", 2).hear(samples)
    recordings = Recordings(tmp_path / "recorded", AudioShelf(tmp_path / "shelf"))
    recordings.adopt("c-1", later)
    assert later.length_ms("c-1", 2) == 0
    with recordings.shelved("c-1", 2) as sound:
        assert sound is not None
        assert sound.size_bytes > 0
    with recordings.shelved("c-1", 2) as again:
        assert again is None
