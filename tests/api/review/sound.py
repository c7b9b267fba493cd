"""Recordings for stored calls: two channels of telephone noise with pauses."""

from __future__ import annotations

import hashlib
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np

from api.store import CallFiling, Store
from api.store.audio import AudioShelf
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

RATE = 8_000


def recording(path: Path, seconds: float = 104.0) -> Path:
    """A stereo WAV that swells and falls as speech does."""
    random = np.random.default_rng(7)
    t = np.arange(round(seconds * RATE)) / RATE
    envelope = np.stack([np.sin(t) > 0, np.sin(t) < -0.2]) * np.abs(np.sin(t * 9))
    samples = envelope * random.normal(0, 0.12, (2, len(t)))
    pcm = (np.clip(samples, -1, 1) * 32_000).astype("<i2").T.tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return path


def put_with_sound(store: Store, folder: Path, number: int = 1, *, agent: str = "anna") -> str:
    """File a call and keep its recording; returns the call's id."""
    path = recording(folder / f"{number}.wav", seconds=104 + number / 100)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    shelf = AudioShelf(folder / "shelf")
    shelf.keep(path, digest)
    made = report(number)
    made = replace(made, versions=replace(made.versions, audio=digest))
    store.save(made, CallFiling(agent=agent, team="early"), book=pack())
    with store.writing() as connection:
        shelf.note(connection, digest, path.stat().st_size)
    return f"call-{number}"
