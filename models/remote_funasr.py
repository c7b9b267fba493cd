"""A recogniser that runs elsewhere: a FunASR WebSocket server behind the same small Protocol.

    --model ws://10.0.0.9:10095        wss://… where it has a certificate
    --model "ws://10.0.0.9:10095/?connections=1"

Each window is one offline utterance of that server. Connections stay open and are used again; a
dead one is replaced once for each window. While the server cannot be reached, windows fail at once
instead of waiting: the caller's queue must not grow behind a machine that is not there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit, urlunsplit

import numpy as np

from models import times
from models.errors import ModelError
from models.funasr_messages import Control, FunasrError, Result, Stamp
from models.recogniser import SAMPLE_RATE, Samples, Transcript, Word
from models.vocabulary import TokenPiece

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

__all__ = ["FunasrRecogniser", "RemoteFailed", "is_address"]

CONNECTIONS = 4
MOST_CONNECTIONS = 64
OPEN_S = 5.0
ANSWER_S = 8.0
"""Beside the window's own length, how long a result may take."""
REST_S, MOST_REST_S = 1.0, 30.0
"""How long a server that cannot be reached is left alone; doubled each time."""
MAX_WINDOW_MS = 30_000
CHUNK = 3_200 * 2
CONFIDENCE = 0.8
"""The server tells none: believed, and not fully."""


class RemoteFailed(ModelError):
    """The server did not answer, or not with a text."""


def is_address(name: str) -> bool:
    """Whether a model's name is a server's address."""
    return name.startswith(("ws://", "wss://"))


class FunasrRecogniser:
    """See the module. Raises `ModelError` for an address that is none, and when nobody is there."""

    synthetic = False
    takes_hotwords = True
    max_window_ms = MAX_WINDOW_MS

    def __init__(
        self,
        address: str,
        *,
        hotwords: str = "",
        answer_s: float = ANSWER_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, connections, self.name = _read(address)
        self._always = tuple(hotwords.split())
        self._answer_s = answer_s
        self._now_s = now_s
        self._numbers = count(1)
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="funasr")
        self._lock = threading.Lock()
        self._rests_until_s, self._rest_s = 0.0, 0.0
        self._pool.submit(self._connection).result()

    @property
    def version(self) -> str:
        """What that server runs is not told: where it is stands for it, and what it expects."""
        if not self._always:
            return f"remote+{self.name}"
        digest = sha256(" ".join(self._always).encode()).hexdigest()[:8]
        return f"remote+{self.name}+hotwords-{digest}"

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """See `Recogniser`. Raises `RemoteFailed`: of one window, all fail."""
        expected = hotwords or [""] * len(windows)
        asked = [
            self._pool.submit(self._hear, window, (*self._always, *words.split()))
            for window, words in zip(windows, expected, strict=True)
        ]
        return [one.result() for one in asked]

    def close(self) -> None:
        """Nothing is asked any more."""
        self._pool.shutdown(cancel_futures=True)

    def _hear(self, window: Samples, hotwords: tuple[str, ...]) -> Transcript:
        kept = getattr(self._own, "socket", None) is not None
        try:
            return self._ask(window, hotwords)
        except RemoteFailed as error:
            # One that is slow is not asked twice; one that died while nobody looked is.
            if not kept or isinstance(error.__cause__, TimeoutError):
                raise
            return self._ask(window, hotwords)

    def _ask(self, window: Samples, hotwords: tuple[str, ...]) -> Transcript:
        socket = self._connection()
        name = f"w{next(self._numbers)}"
        try:
            begin = Control(
                mode="offline",
                wav_name=name,
                wav_format="pcm",
                audio_fs=SAMPLE_RATE,
                is_speaking=True,
                hotwords=hotwords,
            )
            socket.send(begin.wire())
            sound = _pcm(window)
            for at in range(0, len(sound), CHUNK):
                socket.send(sound[at : at + CHUNK])
            socket.send(Control(is_speaking=False).wire())
            found = self._answer(socket, name, len(window) / SAMPLE_RATE)
        except (OSError, TimeoutError, FunasrError, _closed()) as error:
            self._drop()
            raise RemoteFailed(
                f"the recogniser at {self.name} did not answer a window ({type(error).__name__})"
            ) from error
        return _transcript(found, window)

    def _answer(self, socket: ClientConnection, name: str, length_s: float) -> list[Result]:
        """Up to the last result of this window. What is of another is passed over."""
        until_s = self._now_s() + self._answer_s + length_s
        found: list[Result] = []
        while not (found and (found[-1].is_end or found[-1].settles)):
            text = socket.recv(timeout=max(until_s - self._now_s(), 0.0))
            result = Result.read(str(text))
            if result.wav_name == name or (result.is_end and not result.wav_name):
                found.append(result)
        return found

    def _connection(self) -> ClientConnection:
        """This thread's own. Raises `RemoteFailed`."""
        socket: ClientConnection | None = getattr(self._own, "socket", None)
        if socket is not None:
            return socket
        with self._lock:
            left_s = self._rests_until_s - self._now_s()
        if left_s > 0:
            raise RemoteFailed(f"the recogniser at {self.name} cannot be reached")
        from websockets.exceptions import InvalidHandshake
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        stack = self._own.stack = ExitStack()
        try:
            self._own.socket = stack.enter_context(
                connect(
                    self._url,
                    subprotocols=[Subprotocol("binary")],
                    open_timeout=OPEN_S,
                    close_timeout=1.0,
                    compression=None,
                    max_size=None,
                )
            )
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self._rest()
            raise RemoteFailed(
                f"the recogniser at {self.name} cannot be reached ({type(error).__name__}): is the "
                "FunASR server running there, and with TLS only where the address begins with wss?"
            ) from error
        with self._lock:
            self._rest_s = 0.0
        opened: ClientConnection = self._own.socket
        return opened

    def _rest(self) -> None:
        with self._lock:
            self._rest_s = min(max(self._rest_s * 2, REST_S), MOST_REST_S)
            self._rests_until_s = self._now_s() + self._rest_s

    def _drop(self) -> None:
        """What still comes on it would be taken for the next window's."""
        if getattr(self._own, "socket", None) is not None:
            self._own.socket = None
            self._own.stack.close()


def _closed() -> type[Exception]:
    from websockets.exceptions import ConnectionClosed

    return ConnectionClosed


def _read(address: str) -> tuple[str, int, str]:
    """The address to dial, how many connections, and the name in reports."""
    try:
        parts = urlsplit(address)
        where = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'wss' else 80)}"
        query = parse_qs(parts.query)
        (said,) = query.pop("connections", [str(CONNECTIONS)])
        connections = int(said)
        if not parts.hostname or query or not 1 <= connections <= MOST_CONNECTIONS:
            raise ValueError
    except ValueError:
        raise ModelError(
            "this is no address of a FunASR server: expected such as ws://10.0.0.9:10095, or with "
            f"/?connections=1 (to {MOST_CONNECTIONS}) behind it"
        ) from None
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", "")), connections, where


def _pcm(window: Samples) -> bytes:
    return bytes(np.clip(np.rint(window * 32_768.0), -32_768, 32_767).astype("<i2"))


def _transcript(found: Sequence[Result], window: Samples) -> Transcript:
    results = [one for one in found if one.text]
    spoken = [piece for one in results for piece in _pieces(one.text)]
    if not spoken:
        return Transcript(text="", confidence=0.0, no_speech=1.0)
    stamps = [stamp for one in results for stamp in one.stamps]
    words = _words(spoken, stamps, window)
    text = "".join(word.text for word in words)
    return Transcript(text=text, words=words, confidence=CONFIDENCE)


def _pieces(text: str) -> list[str]:
    """Characters, and runs of Latin letters or digits; punctuation is nobody's word."""
    pieces: list[str] = []
    run = False
    for character in text:
        latin = character.isascii() and character.isalnum()
        if latin and run:
            pieces[-1] += character
        elif character.isalnum():
            pieces.append(character)
        run = latin
    return pieces


def _words(spoken: Sequence[str], stamps: Sequence[Stamp], window: Samples) -> tuple[Word, ...]:
    length_ms = len(window) * 1_000 // SAMPLE_RATE
    if len(stamps) != len(spoken) or any(end > length_ms + 500 for _, end in stamps):
        pieces = [
            TokenPiece(text=piece, first_token=at, end_token=at + 1)
            for at, piece in enumerate(spoken)
        ]
        return times.estimated(pieces, window, CONFIDENCE)
    return tuple(
        Word(
            text=piece,
            begin_ms=min(begin, length_ms),
            end_ms=min(max(end, begin), length_ms),
            confidence=CONFIDENCE,
        )
        for piece, (begin, end) in zip(spoken, stamps, strict=True)
    )
