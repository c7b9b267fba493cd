"""What FunASR's WebSocket servers and clients say to each other, as values: no socket here.

A client sends JSON texts that set what follows (`mode`, `audio_fs`, `hotwords`, `is_speaking` …),
binary 16-bit little-endian sound between them, and `{"is_speaking": false}` where it is over. The
server sends results as JSON. Shape: FunASR, runtime/docs/websocket_protocol.md; newer servers
add `is_end`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MODES = ("offline", "online", "2pass")
CHUNK_SIZE = (5, 10, 5)
CHUNK_INTERVAL = 10
_KNOWN = frozenset(
    {"mode", "wav_name", "wav_format", "audio_fs", "is_speaking", "is_end", "hotwords", "hotword"}
    | {"itn", "svs_itn", "svs_lang", "chunk_size", "chunk_interval"}
    | {"encoder_chunk_look_back", "decoder_chunk_look_back"}
)
_APART = re.compile(r"[\s,，;；]+")

Stamp = tuple[int, int]
"""Begin and end of one character, in milliseconds of the sound."""


class FunasrError(ValueError):
    """A message that is none of FunASR's; names the field, never its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A client's text. None: not said, so what was said before stands."""

    mode: str | None = None
    wav_name: str | None = None
    wav_format: str | None = None
    audio_fs: int | None = None
    is_speaking: bool | None = None
    hotwords: tuple[str, ...] | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    """What is none of FunASR's."""

    @classmethod
    def read(cls, text: str) -> Control:
        """Raises `FunasrError`."""
        said = _object(text)
        mode = _text(said, "mode")
        if mode is not None and mode not in MODES:
            raise FunasrError(f"mode: expected {', '.join(MODES)}")
        hotwords = said.get("hotwords", said.get("hotword"))
        rate, speaking = said.get("audio_fs"), said.get("is_speaking")
        if rate is not None and (isinstance(rate, bool) or not str(rate).isdecimal()):
            raise FunasrError("audio_fs: expected samples a second")
        if not (speaking is None or isinstance(speaking, bool)):
            raise FunasrError("is_speaking: expected true or false")
        return cls(
            mode=mode,
            wav_name=_text(said, "wav_name"),
            wav_format=_text(said, "wav_format"),
            audio_fs=None if rate is None else int(rate),
            is_speaking=speaking,
            hotwords=None if hotwords is None else _words(hotwords),
            own={
                str(name): str(value)
                for name, value in said.items()
                if name not in _KNOWN and isinstance(value, str | int | float)
            },
        )

    def wire(self) -> str:
        """As a client sends it."""
        said: dict[str, Any] = {
            "mode": self.mode,
            "wav_name": self.wav_name,
            "wav_format": self.wav_format,
            "audio_fs": self.audio_fs,
            "is_speaking": self.is_speaking,
        }
        if self.is_speaking:
            said |= {"chunk_size": CHUNK_SIZE, "chunk_interval": CHUNK_INTERVAL, "itn": False}
        if self.hotwords:
            weights = dict.fromkeys(self.hotwords, 20)
            said["hotwords"] = json.dumps(weights, ensure_ascii=False)
        return json.dumps(
            {name: value for name, value in said.items() if value is not None} | dict(self.own),
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A server's text. `mode` is `offline`, `online`, `2pass-online` or `2pass-offline`."""

    mode: str
    text: str
    wav_name: str = ""
    is_final: bool = False
    is_end: bool = False
    """Nothing more comes of what was sent before `is_speaking: false`."""
    stamps: tuple[Stamp, ...] = ()
    """One for each character or word that was spoken, punctuation left out."""

    @classmethod
    def read(cls, text: str) -> Result:
        """Raises `FunasrError`."""
        said = _object(text)
        return cls(
            mode=_text(said, "mode") or "",
            text=_text(said, "text") or "",
            wav_name=_text(said, "wav_name") or "",
            is_final=said.get("is_final") is True,
            is_end=said.get("is_end") is True,
            stamps=_stamps(said.get("timestamp")),
        )

    def wire(self) -> str:
        """As a server sends it."""
        said: dict[str, Any] = {
            "mode": self.mode,
            "text": self.text,
            "wav_name": self.wav_name,
            "is_final": self.is_final,
        }
        if self.is_end:
            said["is_end"] = True
        if self.stamps:
            said["timestamp"] = json.dumps(self.stamps, separators=(",", ":"))
        return json.dumps(said, ensure_ascii=False)

    @property
    def settles(self) -> bool:
        """Whether its text is final for its stretch, and no piece of a running one."""
        return self.mode in ("offline", "2pass-offline")


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise FunasrError("expected a JSON object")
    return said


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if not (value is None or isinstance(value, str)):
        raise FunasrError(f"{name}: expected a text")
    return value


def _words(hotwords: Any) -> tuple[str, ...]:
    """From `{"词": 20}` as a text, words with commas or blanks between, or a list."""
    if isinstance(hotwords, str) and hotwords.lstrip().startswith("{"):
        hotwords = _object(hotwords)
    if isinstance(hotwords, dict | list | tuple):
        words = [str(word) for word in hotwords]
    elif isinstance(hotwords, str):
        words = [word for word in _APART.split(hotwords) if not word.isdecimal()]
    else:
        raise FunasrError("hotwords: expected a text")
    return tuple(word for word in words if word)


def _stamps(value: Any) -> tuple[Stamp, ...]:
    """`[[100,200],[200,500]]`, as a text or as it is; nothing where it is anything else."""
    try:
        pairs = json.loads(value) if isinstance(value, str) and value else value
        return tuple((int(begin), int(end)) for begin, end in pairs or ())
    except (ValueError, TypeError, RecursionError):
        return ()
