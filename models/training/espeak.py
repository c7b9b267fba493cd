"""Speech from espeak-ng through its C library, with the time of every syllable.

espeak-ng is run in its synchronous retrieval mode: text goes in, 16-bit samples and events come
back through a callback, nothing touches a sound card or a disk. One process holds one engine
(the library keeps global state), so nothing here is thread-safe.

The Mandarin voice used is ``cmn-latn-pinyin`` fed with numbered pinyin. The plain ``cmn`` voice
of the Debian package lacks the long dictionary and spells tones as English words ("nin-two").
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

LIBRARY = "libespeak-ng.so.1"
MANDARIN = "cmn-latn-pinyin"

_SYNCHRONOUS = 2
_PHONEME_EVENTS = 1
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_EVENT_END_OF_LIST, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7


class EspeakMissing(RuntimeError):
    """libespeak-ng could not be loaded."""

    def __str__(self) -> str:
        return f"found no {LIBRARY}; synthesis needs espeak-ng (apt-get install espeak-ng)"


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceManner:
    """How a voice speaks: words per minute, pitch and intonation range (0-100)."""

    rate: int = 190
    pitch: int = 50
    pitch_range: int = 50


@dataclass(frozen=True, slots=True)
class Spoken:
    """Samples (float32, -1..1) at ``rate`` Hz and the sample span of every spoken word."""

    samples: npt.NDArray[np.float32]
    rate: int
    words: tuple[tuple[int, int], ...]


class Espeak:
    """The engine. Get the process's one instance from :func:`engine`."""

    def __init__(self) -> None:
        try:
            self._lib = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise EspeakMissing from error
        self.rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        if self.rate <= 0:
            raise EspeakMissing
        self._callback = _Callback(self._collect)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._chunks: list[npt.NDArray[np.int16]] = []
        self._words: list[list[int]] = []
        self._voice = ""

    def _collect(self, wav: Any, count: int, events: Any) -> int:
        if wav and count > 0:
            self._chunks.append(np.ctypeslib.as_array(wav, (count,)).copy())
        i = 0
        while (event := events[i]).type != _EVENT_END_OF_LIST:
            if event.type == _EVENT_WORD and event.length > 0:
                self._words.append([event.sample, -1])
            elif event.type == _EVENT_PHONEME and self._words and self._words[-1][1] < 0:
                # The pause phonemes "_|", "_:" and "_" close the word before them.
                if event.id.string[:1] == b"_":
                    self._words[-1][1] = event.sample
            i += 1
        return 0

    def say(self, text: str, voice: str = MANDARIN, manner: VoiceManner | None = None) -> Spoken:
        """Speak ``text``; words are what the voice's text reader splits at (pinyin: syllables)."""
        manner = manner or VoiceManner()
        if voice != self._voice:
            if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice!r}")
            self._voice = voice
        self._lib.espeak_SetParameter(_RATE, manner.rate, 0)
        self._lib.espeak_SetParameter(_PITCH, manner.pitch, 0)
        self._lib.espeak_SetParameter(_RANGE, manner.pitch_range, 0)
        self._chunks, self._words = [], []
        data = text.encode()
        self._lib.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8, None, None)
        pcm = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)
        words = tuple((a, b if b >= 0 else len(pcm)) for a, b in self._words)
        return Spoken((pcm / 32768).astype(np.float32), self.rate, words)


@cache
def engine() -> Espeak:
    """The engine of this process, started on first use."""
    return Espeak()
