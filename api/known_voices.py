"""The site's list of known voices as a file: read, written, learned from, added to.

It holds how agents sound, so only this server's account may read the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

import numpy as np

from api.outputs import OutputError
from api.private_files import private_file
from models.recogniser import SAMPLE_RATE, Samples
from models.voice_activity import FRAME_MS, FRAME_SAMPLES, VoiceActivity
from models.voices.encoder import VoiceEncoder
from qa_engine.audio.decode import blocks
from qa_engine.audio.errors import AudioError
from qa_engine.errors import QAError
from qa_engine.line.known_voices import NOBODY, BadVoices, KnownVoices, Vector
from qa_engine.line.learning import SoundOfCall, sound_of_call

if TYPE_CHECKING:
    from api.store import Store

__all__ = [
    "LEAST_ENROLLED_S",
    "HeardCalls",
    "enrolled",
    "heard_in_store",
    "heard_recordings",
    "read_known",
    "with_agent",
    "write_known",
]

LEAST_ENROLLED_S = 20
"""So much speech tells a voice well enough to know it again."""
_WINDOW_S = 1.6
_SPEECH = 0.5


@dataclass(frozen=True, slots=True)
class HeardCalls:
    """What calls sound like; `left_out`: how many could not be heard."""

    calls: tuple[SoundOfCall, ...]
    left_out: int


def read_known(path: Path | None) -> KnownVoices:
    """Raises QAError for a file that is not there, or no such list."""
    if path is None:
        return NOBODY
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "is no text"
        raise QAError(
            f"{path}: {found.lower()}; expected a list of known voices as qa-engine voices learn "
            "writes it"
        ) from None
    try:
        return KnownVoices.read(text)
    except BadVoices:
        raise QAError(
            f"{path}: is no list of known voices; expected one as qa-engine voices learn writes it"
        ) from None


def write_known(path: Path, known: KnownVoices) -> None:
    """Whole or not at all. Raises OutputError."""
    part = path.with_name(f".{path.name}.part")
    try:
        private_file(part).write_text(known.text(), "utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError(path, (error.strerror or "cannot be written").lower()) from None


def heard_in_store(store: Store, most: int) -> HeardCalls:
    """The newest calls whose sound is kept, in the order of their ids."""
    # Whoever analyses one recording needs no database.
    from sqlalchemy import select

    from api.store import StoreError
    from api.store.tables import audio, calls

    with store.reading() as connection:
        rows = connection.execute(
            select(calls.c.id, calls.c.audio_hash)
            .join(audio, audio.c.hash == calls.c.audio_hash)
            .order_by(calls.c.started_at.desc(), calls.c.id)
            .limit(most)
        ).all()
    found: list[SoundOfCall] = []
    for call_id, digest in sorted(rows):
        try:
            with _copied(store, digest) as path:
                found.append(sound_of_call(str(call_id), blocks(path)))
        except (AudioError, StoreError):
            continue
    return HeardCalls(tuple(found), len(rows) - len(found))


def heard_recordings(paths: Iterable[Path]) -> HeardCalls:
    """Recordings by their paths."""
    found: list[SoundOfCall] = []
    left_out = 0
    for path in paths:
        try:
            found.append(sound_of_call(path.name, blocks(path)))
        except AudioError:
            left_out += 1
    return HeardCalls(tuple(found), left_out)


def enrolled(encoder: VoiceEncoder, recordings: Sequence[Path], channel: int) -> Vector:
    """How whoever speaks on `channel` (from 0) of the recordings sounds.

    Raises QAError where there is no such channel, or too little speech; AudioError.
    """
    spoken = [window for path in recordings for window in _speech(path, channel)]
    if len(spoken) * _WINDOW_S < LEAST_ENROLLED_S:
        raise QAError(
            f"{len(spoken) * _WINDOW_S:.0f} s of speech are too little to know a voice by; "
            f"expected {LEAST_ENROLLED_S} s or more of the agent alone"
        )
    vectors = encoder.embed(spoken)
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _speech(path: Path, channel: int) -> Iterator[Samples]:
    """Its speech in windows of 1.6 s, pauses left out."""
    sound = np.concatenate(list(blocks(path)), axis=1)
    if channel >= len(sound):
        raise QAError(f"{path}: has {len(sound)} channels, expected a channel {channel + 1}")
    own = sound[channel]
    frames = own[: len(own) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    if not len(frames):
        return
    speech = frames[np.asarray(VoiceActivity().stream().feed(frames)) >= _SPEECH].reshape(-1)
    size = int(_WINDOW_S * SAMPLE_RATE)
    assert size % (FRAME_MS * 16) == 0
    for begin in range(0, len(speech) - size + 1, size):
        yield speech[begin : begin + size]


@contextmanager
def _copied(store: Store, digest: str) -> Iterator[Path]:
    """A kept recording as a file, while it is looked at."""
    from api.store.audio import open_kept

    with tempfile.TemporaryDirectory() as folder:
        path = private_file(Path(folder) / "sound")
        with store.reading() as connection, open_kept(connection, digest) as kept:
            with path.open("wb") as file:
                copyfileobj(kept, file)
        yield path


def with_agent(known: KnownVoices, agent: str, voice: Vector | None) -> KnownVoices:
    """The list with this agent's voice, or without it (None)."""
    others = {who: kept for who, kept in known.agents.items() if who != agent}
    return replace(known, agents=others if voice is None else others | {agent: voice})
