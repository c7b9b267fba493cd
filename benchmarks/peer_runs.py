"""One recording, fed in real time, through one streaming recogniser: run by `peers_streaming` with
that peer's own Python, so nothing of ours is imported here.

    PEER_PYTHON peer_runs.py whisperlive|whisperlivekit|realtimestt MODEL_DIR AUDIO.f32

AUDIO is raw float32 at 16 kHz. Prints one JSON line: `commits` [[seconds since the start, all text
committed so far], …], `partials` (how many updates), `cpu_s` (this process and its children).
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import threading
import time
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

RATE = 16_000
FRAME = RATE // 25
SILENCE_S = 4.0

Result = dict[str, Any]


class Commits:
    """What stood committed, and when."""

    def __init__(self) -> None:
        self.began_s = 0.0
        self.rows: list[tuple[float, str]] = []
        self.partials = 0

    def begin(self) -> None:
        self.began_s = time.monotonic()

    def note(self, text: str) -> None:
        self.partials += 1
        text = "".join(text.split())
        if text and (not self.rows or self.rows[-1][1] != text):
            self.rows.append((round(time.monotonic() - self.began_s, 3), text))


def paced(audio: Any, commits: Commits, send: Any) -> None:
    """Frames when they have been spoken in full, without drift."""
    commits.begin()
    for at in range(0, len(audio), FRAME):
        wait_s = commits.began_s + (at + FRAME) / RATE - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        send(audio[at : at + FRAME])


def whisperlive(model: str, audio: Any) -> Commits:
    """WhisperLive 0.10, its server and a client of our own; single shared model, batching on."""
    from websockets.sync.client import connect
    from whisper_live.server import TranscriptionServer  # type: ignore[import-not-found]

    options = {
        "port": 19_099,
        "backend": "faster_whisper",
        "faster_whisper_custom_model_path": model,
        "single_model": True,
        "max_clients": 4,
        "max_connection_time": 3_600,
    }
    serving = TranscriptionServer()
    threading.Thread(target=serving.run, args=("127.0.0.1",), kwargs=options, daemon=True).start()
    time.sleep(8.0)
    commits = Commits()
    with connect("ws://127.0.0.1:19099", max_size=None) as socket:
        hello = {
            "uid": "bench",
            "language": "zh",
            "task": "transcribe",
            "model": model,
            "use_vad": True,
            "send_last_n_segments": 1_000,
            "no_speech_thresh": 0.45,
            "clip_audio": False,
            "same_output_threshold": 10,
        }
        socket.send(json.dumps(hello))
        while "SERVER_READY" not in str(socket.recv(timeout=120)):
            pass
        last: list[str] = [""]

        def read() -> None:
            for text in socket:
                segments = json.loads(text).get("segments", [])
                done = [s["text"] for s in segments if s.get("completed")]
                open_text = [s["text"] for s in segments if not s.get("completed")]
                last[0] = "".join(done + open_text)
                commits.note("".join(done))

        threading.Thread(target=read, daemon=True).start()
        tail = np.zeros(int(12 * RATE), np.float32)
        paced(np.concatenate([audio, tail]), commits, lambda frame: socket.send(frame.tobytes()))
        commits.note(last[0])
    return commits


def whisperlivekit(model: str, audio: Any) -> Commits:
    """WhisperLiveKit 0.2, LocalAgreement (its AlignAtt cannot use a CTranslate2 directory)."""
    import wave

    from whisperlivekit.test_harness import TestHarness  # type: ignore[import-not-found]

    path = "/tmp/peer_wlk.wav"
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        tail = np.zeros(int(SILENCE_S * RATE), np.float32)
        pcm = np.clip(np.concatenate([audio, tail]) * 32_767, -32_768, 32_767)
        file.writeframes(pcm.astype("<i2").tobytes())
    commits = Commits()

    async def run() -> None:
        async with TestHarness(
            backend="faster-whisper",
            backend_policy="localagreement",
            model_path=model,
            lan="zh",
            warmup_file="",
            pcm_input=True,
            vac=True,
        ) as harness:
            harness.on_update(lambda state: commits.note(state.committed_text))
            commits.begin()
            await harness.feed(path, speed=1.0, chunk_duration=0.04)
            state = await harness.finish()
            commits.note(state.committed_text)

    asyncio.run(run())
    return commits


def realtimestt(model: str, audio: Any) -> Commits:
    """RealtimeSTT 1.1: a final text is its commit; the stabilised one counts as it comes."""
    from RealtimeSTT import AudioToTextRecorder  # type: ignore[import-not-found]

    commits = Commits()
    finals: list[str] = []
    recorder = AudioToTextRecorder(
        use_microphone=False,
        model=model,
        use_main_model_for_realtime=True,
        language="zh",
        device="cpu",
        compute_type="int8",
        enable_realtime_transcription=True,
        batch_size=0,
        realtime_batch_size=0,
        beam_size=1,
        beam_size_realtime=1,
        faster_whisper_vad_filter=False,
        handle_buffer_overflow=False,
        silero_deactivity_detection=True,
        post_speech_silence_duration=0.6,
        spinner=False,
        no_log_file=True,
        ensure_sentence_ends_with_period=False,
        on_realtime_transcription_stabilized=lambda text: commits.note("".join(finals) + text),
    )

    def listen() -> None:
        while True:
            finals.append(recorder.text())
            commits.note("".join(finals))

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(1.0)
    tail = np.zeros(int(SILENCE_S * RATE), np.float32)

    def send(frame: Any) -> None:
        pcm = np.clip(frame * 32_767, -32_768, 32_767).astype("<i2")
        recorder.feed_audio(pcm.tobytes())

    paced(np.concatenate([audio, tail]), commits, send)
    time.sleep(3.0)
    commits.note("".join(finals))
    return commits


def main() -> None:
    peer, model, path = sys.argv[1:4]
    audio = np.fromfile(path, np.float32)
    runs = {
        "whisperlive": whisperlive,
        "whisperlivekit": whisperlivekit,
        "realtimestt": realtimestt,
    }
    commits = runs[peer](model, audio)
    own, children = (resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN))
    cpu_s = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    result = {"commits": commits.rows, "partials": commits.partials, "cpu_s": round(cpu_s, 2)}
    print("RESULT " + json.dumps(result, ensure_ascii=False), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
