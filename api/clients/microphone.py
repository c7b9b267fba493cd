"""`qa-engine listen`: the microphone as the agent, a loopback device as the customer."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import queue
import secrets
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from api.auth import Right, Tokens, open_secret
from api.clients.feeder import EventJson, ServerGone, ServerRefused
from api.live.wire_audio import Encoding, encode
from api.settings import Settings
from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.resample import Resampler
from qa_engine.errors import QAError

log = logging.getLogger("qa_engine.microphone")

BLOCK_MS = 40
BLOCK = SAMPLE_RATE * BLOCK_MS // 1_000
LAST_WORDS_S = 15.0
"""How long a server may take to hear of the call's end, and to tell its last words and score."""
CLOSE_S = 2.0


class MicrophoneMissing(QAError):
    """No sound library, or no such device."""


@dataclass(frozen=True, slots=True)
class Device:
    """An input the sound system offers."""

    index: int
    name: str
    channels: int
    is_default: bool


def devices() -> list[Device]:
    """All inputs. Raises `MicrophoneMissing` without the `mic` extra or PortAudio."""
    sound = _sounddevice()
    default = sound.default.device[0]
    return [
        Device(index, str(one["name"]), int(one["max_input_channels"]), index == default)
        for index, one in enumerate(sound.query_devices())
        if one["max_input_channels"] > 0
    ]


def listen(
    *,
    url: str,
    settings: Settings,
    agent_device: int | str | None = None,
    customer_device: int | str | None = None,
    token: str | None = None,
    agent: str = "",
    script: str = "",
    tell: Callable[[EventJson], None] = lambda message: None,
    level: Callable[[float, float], None] = lambda agent, customer: None,
    until: Callable[[], bool] = lambda: False,
) -> str:
    """Feed a live call from this machine's sound until interrupted; returns its id.

    Without `customer_device` only the agent is heard. `level` gets both peaks in [0, 1] with every
    block; `until` ends the call when it says True. Raises `MicrophoneMissing`, `ServerRefused` or
    `ServerGone`.
    """
    sound = _sounddevice()
    call_id = f"mic-{secrets.token_hex(4)}"
    token = token or Tokens(open_secret(settings)).mint(call_id, Right.FEED)
    chosen = [agent_device] if customer_device is None else [agent_device, customer_device]
    # Whoever names one device means the agent's own: nobody else is to be told apart on it.
    roles = ",".join(("agent", "customer")[: len(chosen)])
    query = {"call_id": call_id, "channels": len(chosen), "roles": roles}
    query |= {"agent": agent, "script": script}
    address = f"{url.rstrip('/')}/v1/listen?{urlencode(query | {'events': 'true'})}"
    inputs = [_Input(sound, device) for device in chosen]
    try:
        asyncio.run(_feed(address, token, inputs, tell, level, until))
    except (OSError, WebSocketException) as error:
        raise ServerGone(
            f"no connection to {url} ({type(error).__name__}): is `qa-engine serve` running there?"
        ) from error
    finally:
        _close(inputs, sound)
    return call_id


def _close(inputs: Sequence[_Input], sound: Any) -> None:
    """A sound system that does not answer is not waited for, now or at the exit.

    The library would end it at the exit, and wait without end: so it is ended here, as the rest is.
    """
    end = getattr(sound, "_exit_handler", lambda: None)
    atexit.unregister(end)

    def close() -> None:
        for one in inputs:
            one.close()
        end()

    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    if closing.is_alive():
        log.warning("the sound system does not give its devices back within %g s", CLOSE_S)


class _Input:
    """One device's blocks; what nobody fetches within 2 s is dropped, the oldest first."""

    def __init__(self, sound: Any, device: int | str | None) -> None:
        self._blocks: queue.Queue[Samples] = queue.Queue(50)
        self._rest = np.zeros(0, np.float32)
        try:
            self._stream = self._opened(sound, device)
            self._stream.start()
        except (sound.PortAudioError, ValueError) as error:
            raise MicrophoneMissing(
                f"input {device if device is not None else '(default)'} cannot be opened: "
                f"{error}; `qa-engine listen --devices` lists what there is"
            ) from error

    def _opened(self, sound: Any, device: int | str | None) -> Any:
        """At 16 kHz, or at the device's own rate where it takes no other."""
        try:
            return self._stream_at(sound, device, SAMPLE_RATE)
        except sound.PortAudioError:
            own_rate = round(sound.query_devices(device, "input")["default_samplerate"])
            if own_rate == SAMPLE_RATE:
                raise
            return self._stream_at(sound, device, own_rate)

    def _stream_at(self, sound: Any, device: int | str | None, rate: int) -> Any:
        self._resampler = Resampler(rate=rate, channels=1)
        return sound.InputStream(
            device=device,
            channels=1,
            samplerate=rate,
            blocksize=rate * BLOCK_MS // 1_000,
            dtype="float32",
            callback=self._keep,
        )

    def _keep(self, block: Samples, frames: int, when: object, status: object) -> None:
        if self._blocks.full():
            self._blocks.get_nowait()
        self._blocks.put_nowait(block[:, 0].copy())

    def next(self) -> Samples:
        """The next `BLOCK` samples at 16 kHz; silence from a device that has gone quiet."""
        while len(self._rest) < BLOCK:
            try:
                block = self._blocks.get(timeout=0.2)
            except queue.Empty:
                return np.zeros(BLOCK, np.float32)
            self._rest = np.concatenate([self._rest, self._resampler.feed(block[None])[0]])
        samples, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
        return samples

    def close(self) -> None:
        # Closed while it still runs, a stream may wait for itself.
        self._stream.abort()
        self._stream.close()


async def _feed(
    address: str,
    token: str,
    inputs: list[_Input],
    tell: Callable[[EventJson], None],
    level: Callable[[float, float], None],
    until: Callable[[], bool],
) -> None:
    _end_when_asked()
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(
        address, additional_headers=headers, compression=None, close_timeout=CLOSE_S
    ) as socket:
        reader = asyncio.create_task(_read(socket, tell))
        try:
            while not until() and not reader.done():
                blocks = await asyncio.to_thread(lambda: [one.next() for one in inputs])
                peaks = [float(np.abs(block).max()) for block in blocks]
                level(peaks[0], peaks[1] if len(peaks) > 1 else 0.0)
                await socket.send(encode(np.stack(blocks, axis=1).ravel(), Encoding.LINEAR16))
        except asyncio.CancelledError:
            # Interrupted: the call is ended as a call is, not left to be resumed.
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
        except ConnectionClosed:
            pass  # The reader knows why.
        await _say_goodbye(socket, reader)


def _end_when_asked() -> None:
    """A plain `kill` ends the call as Ctrl-C does, to which a shell's background jobs are deaf."""
    task = asyncio.current_task()
    # Not on Windows, and not beside a main thread that has other plans for its signals.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, lambda: task.cancel() if task else None
        )


async def _say_goodbye(socket: ClientConnection, reader: asyncio.Task[None]) -> None:
    """A server that is behind reads nothing: not even that the call is over may wait for it."""
    try:
        async with asyncio.timeout(LAST_WORDS_S):
            with suppress(ConnectionClosed):
                await socket.send('{"type": "CloseStream"}')
            await reader
    except TimeoutError:
        socket.transport.abort()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        raise ServerGone(
            f"the server did not tell within {LAST_WORDS_S:g} s how the call ended; it ends the "
            "call by itself"
        ) from None


async def _read(socket: ClientConnection, tell: Callable[[EventJson], None]) -> None:
    async for text in socket:
        message = json.loads(text)
        if message["type"] == "refusal":
            raise ServerRefused(f"the server refused the call: {message['reason']}")
        tell(message)


def meter(peak: float, width: int = 24) -> str:
    """A level from -48 dB to 0 as a bar."""
    loudness = 1.0 + np.log10(max(peak, 1e-3)) * 20.0 / 48.0
    filled = round(width * min(max(float(loudness), 0.0), 1.0))
    return "█" * filled + "·" * (width - filled)


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise MicrophoneMissing(
            "no sound library: install it with `pip install 'qa-engine[mic]'`"
        ) from error
    except OSError as error:
        raise MicrophoneMissing(
            "PortAudio is missing: install it with your system, such as `apt install libportaudio2`"
        ) from error
    return sounddevice
