"""Covered words for holders of the key, sound without them for all; both are on record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from api.review.purge import purge
from api.store import CallFiling, Store, StoreError, tables
from api.store.audio import AudioShelf, open_kept
from api.store.reveal import export_audio, reveal
from qa_engine.audio import blocks
from qa_engine.audio.mute import merged
from qa_engine.report.model import ReportWord
from tests.qa_engine.audio.recordings import tone, wav
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack

SAID = "我的手机号是幺三八零零幺三八零零零"
SHELF = "memory://shelf"
DIGEST = "ab" * 32


def keep(store: Store, shelf: str, folder: Path) -> None:
    """A call of ten seconds whose first utterance, from 1 s to 5 s, holds a number from 2.4 s."""
    words = tuple(
        ReportWord(text=c, begin_ms=1000 + 235 * i, end_ms=1235 + 235 * i, confidence=1.0)
        for i, c in enumerate(SAID)
    )
    report = sample_report()
    first = replace(report.utterances[0], text=SAID, begin_ms=1000, end_ms=5000, words=words)
    report = replace(
        report,
        call=replace(report.call, id="c1"),
        utterances=(first,),
        hits=(),
        versions=replace(report.versions, audio=DIGEST),
    )
    store.save(report, CallFiling(), book=pack())
    sound = np.stack([tone(10_000, rate=8000), tone(10_000, rate=8000, hz=300)])
    recording = wav(folder / "call.wav", sound, rate=8000)
    place = AudioShelf(shelf)
    place.keep(recording, DIGEST)
    with store.writing() as connection:
        place.note(connection, DIGEST, recording.stat().st_size)


def actions(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.scalars(select(tables.audit.c.action).order_by(tables.audit.c.n)))


def test_a_holder_of_the_key_reads_what_was_said(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_REVEAL_KEY", Fernet.generate_key().decode())
    store = Store.open(store_url)
    keep(store, SHELF, tmp_path)

    assert [text for _, _, text in reveal(store, "c1", who="lead")] == [SAID]
    assert actions(store)[-1] == "call.revealed"
    store.close()


def test_without_the_key_nothing_is_revealed(store: Store, tmp_path: Path) -> None:
    keep(store, SHELF, tmp_path)

    with pytest.raises(StoreError, match="QA_ENGINE_REVEAL_KEY"):
        reveal(store, "c1", who="lead")


def test_another_key_reveals_nothing(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (Fernet.generate_key(), Fernet.generate_key()):
        monkeypatch.setenv("QA_ENGINE_REVEAL_KEY", key.decode())
        store = Store.open(store_url)
        if store.load("c1") is None:
            keep(store, SHELF, tmp_path)
            store.close()
    with pytest.raises(StoreError, match="another key"):
        reveal(store, "c1", who="lead")
    assert "call.revealed" not in actions(store)
    store.close()


@pytest.mark.parametrize("shelf", ["memory", "folder"])
def test_exported_sound_is_silent_where_the_number_is(
    store: Store, tmp_path: Path, shelf: str
) -> None:
    keep(store, SHELF if shelf == "memory" else str(tmp_path / "shelf"), tmp_path)

    spans = export_audio(store, "c1", tmp_path / "out.flac", mute=True, who="lead")

    sound = np.concatenate(list(blocks(tmp_path / "out.flac")), axis=1)
    level = [float(np.abs(sound[:, s * 16_000 : (s + 1) * 16_000]).max()) for s in range(10)]
    assert spans == 1
    assert sound.shape == (2, 160_000)
    assert [x > 0.1 for x in level] == [
        True,
        True,
        True,
        False,
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    assert actions(store)[-1] == "audio.exported"


def test_sound_goes_out_whole_only_when_asked_to(store: Store, tmp_path: Path) -> None:
    keep(store, SHELF, tmp_path)

    assert export_audio(store, "c1", tmp_path / "out.flac", mute=False, who="lead") == 0
    sound = np.concatenate(list(blocks(tmp_path / "out.flac")), axis=1)
    assert float(np.abs(sound[:, 48_000:64_000]).max()) > 0.1


def test_a_call_that_is_not_there_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no call nope"):
        export_audio(store, "nope", tmp_path / "out.flac", mute=True, who="lead")


def test_purge_takes_the_recording_from_its_shelf(store: Store, tmp_path: Path) -> None:
    keep(store, str(tmp_path / "shelf"), tmp_path)
    with store.reading() as connection:
        after = connection.scalar(select(tables.calls.c.started_at))
    assert after is not None

    done = purge(store, before=after.replace(year=after.year + 1), who="lead")

    assert (done.calls, done.recordings) == (1, 1)
    assert [p for p in (tmp_path / "shelf").rglob("*") if p.is_file()] == []
    with store.reading() as connection, pytest.raises(StoreError, match="not on a shelf"):
        open_kept(connection, DIGEST)


def test_spans_that_touch_are_one() -> None:
    assert merged([(100, 200), (900, 950), (190, 300)], margin_ms=50) == [(50, 350), (850, 1000)]
