"""Calls put together from tones, recorded voices, music and people, with what each stretch is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from models.training.espeak import MANDARIN
from models.training.pronounce import pinyin
from qa_engine.anatomy import StretchKind as Kind
from qa_engine.audio.decode import blocks

ROOT = Path(__file__).parents[1]


HUMAN = Path(__file__).parents[2] / "shared" / "data" / "human"


STEP_MS = 100


RANDOM = np.random.default_rng(5)


ANNOUNCEMENTS = (
    "您好，您拨打的用户暂时无法接通，请稍后再拨。",
    "对不起，您拨打的电话正在通话中，请稍后再拨。",
    "您好，您所拨打的号码是空号，请核对后再拨。",
    "您拨打的用户已关机，请稍后再拨。",
)


MENUS = (
    "您好，欢迎致电星辰公司客户服务热线。普通话请按一，英语请按二，人工服务请按零。",
    "感谢您的来电。查询账单请按一，办理业务请按二，返回请按九。正在为您转接人工服务。",
    "欢迎致电。话费查询请按一，故障申报请按二，人工服务请按零。",
)


QUEUES = (
    "坐席全忙，请不要挂机，我们将尽快为您接通。",
    "您前面还有三位客户在等待，继续等待请按一。",
)


SURVEYS = ("请对本次服务进行评价，非常满意请按一，满意请按二，不满意请按三。",)


@dataclass
class Call:
    """Pieces one after another, each on one channel or on both."""

    name: str
    answered: bool
    sound: list[Samples] = field(default_factory=list)
    truth: list[tuple[Kind, int | None, int, int]] = field(default_factory=list)
    now_ms: int = 0

    def add(self, kind: Kind | None, channel: int, sound: Samples) -> Call:
        both = np.zeros((2, len(sound)), np.float32)
        both[channel] = sound
        return self.add_both([(kind, channel)] if kind else [], both)

    def add_both(self, kinds: list[tuple[Kind, int]], sound: Samples) -> Call:
        length_ms = sound.shape[1] * 1000 // SAMPLE_RATE
        for kind, channel in kinds:
            self.truth.append((kind, channel, self.now_ms, self.now_ms + length_ms))
        self.sound.append(sound)
        self.now_ms += length_ms
        return self

    def pause(self, seconds: float) -> Call:
        return self.add_both([], np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32))


def tone(hz: Sequence[float], on_s: float, off_s: float, seconds: float, level: float) -> Samples:
    # It ends with a tone, not with a pause that nobody could know to be part of it.
    seconds = (seconds - on_s) // (on_s + off_s) * (on_s + off_s) + on_s
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    waves = sum(np.sin(2 * np.pi * f * t) for f in hz) * level / len(hz)
    return np.asarray(waves * (t % (on_s + off_s) < on_s), np.float32)


def tune(seconds: float, timbre: int, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    overtones = ((1, 0.5, 0.3, 0.2), (1, 0.8, 0.6, 0.5, 0.4), (1, 0.1, 0.05))[timbre]
    found = np.zeros(int((seconds + 3) * SAMPLE_RATE))
    base, beat, at = random.uniform(200, 330), random.uniform(0.22, 0.5), 0.0
    while at < seconds:
        length = max(0.25, beat * float(random.choice([0.5, 1, 1, 2]))) * 1.1
        for hz, loud in (
            (base * 2 ** (float(random.choice([0, 2, 4, 7, 9, 12])) / 12), 1.0),
            (base / 2 * 2 ** (float(random.choice([0, 5, 7])) / 12), 0.6),
        ):
            t = np.arange(int(length * SAMPLE_RATE)) / SAMPLE_RATE
            note = sum(a * np.sin(2 * np.pi * hz * (k + 1) * t) for k, a in enumerate(overtones))
            fade = np.minimum(1, t / 0.05) * np.minimum(1, (length - t) / 0.05)
            note = note * (np.exp(-4 * t) if timbre == 0 else fade) * loud
            found[int(at * SAMPLE_RATE) :][: len(note)] += note
        at += length / 1.1
    found = found[: int(seconds * SAMPLE_RATE)]
    return np.asarray(0.25 * found / np.abs(found).max(), np.float32)


def spoken(text: str, voice: str) -> Samples:
    """By espeak-ng, as the bundled recogniser was taught to hear it: from numbered pinyin."""
    clauses = (" ".join(pinyin(clause)) for clause in re.split("[，。]", text) if clause)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", "165", "-w", path, ", ".join(clauses)], check=True
        )
        sound = np.concatenate(list(blocks(path)), axis=1)[0]
    # The silence that the synthesiser puts around a text is nobody's voice.
    heard = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[heard[0] : heard[-1] + 1]
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)


def human() -> list[Samples]:
    folder = Path(os.environ.get("QA_HUMAN_SPEECH", HUMAN))
    paths = sorted(folder.glob("*.flac"))
    if not paths:
        sys.exit(f"no *.flac in {folder}; set QA_HUMAN_SPEECH to a folder of real speech")
    found = (np.concatenate(list(blocks(path)), axis=1)[0] for path in paths)
    return [np.asarray(0.3 * sound / np.abs(sound).max(), np.float32) for sound in found]


def demos() -> dict[str, Samples]:
    paths = sorted((ROOT / "api" / "demo").glob("*.flac"))
    return {path.stem: np.concatenate(list(blocks(path)), axis=1) for path in paths}


def _talk(call: Call, talk: Samples) -> Call:
    """A demo call, cut before it is long; people speak where a channel is loud."""
    talk = talk[:, : 20 * SAMPLE_RATE]
    begin_ms = call.now_ms
    call.add_both([], talk)
    for channel, kind in enumerate((Kind.AGENT, Kind.CUSTOMER)):
        for first, last in _loud(talk[channel]):
            call.truth.append((kind, channel, begin_ms + first, begin_ms + last))
    return call


def _loud(sound: Samples) -> Iterator[tuple[int, int]]:
    """Stretches of speech in ms; pauses below .5 s belong to them."""
    size = STEP_MS * SAMPLE_RATE // 1000
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    loud = [n for n, frame in enumerate(frames) if np.mean(frame**2) > 1e-5]
    begin: int | None = None
    for number, at in enumerate(loud):
        begin = at if begin is None else begin
        if number + 1 == len(loud) or loud[number + 1] - at > 5:
            yield begin * STEP_MS, (at + 1) * STEP_MS
            begin = None


def calls(people: list[Samples]) -> Iterator[Call]:
    """Forty-eight of them, of twelve kinds."""
    talks = list(demos().values())
    rings = (((450,), 1, 4), ((440, 480), 2, 4), ((400, 450), 0.4, 0.2), ((450,), 0.35, 0.35))
    for n in range(4):
        hz, on_s, off_s = rings[n]
        level = (0.2, 0.05, 0.1, 0.02)[n]
        ring = tone(hz, on_s, off_s, 10 + 5 * n, level)
        voice = f"{MANDARIN}{('', '+f2', '+f4', '+m3')[n]}"
        talk = talks[n % len(talks)]
        music = tune(12 + 4 * n, n % 3, 20 + n)
        announcement = spoken(ANNOUNCEMENTS[n], voice)
        menu = spoken(MENUS[n % 3], voice)
        queue = spoken(QUEUES[n % 2], voice)
        yield Call(f"ring only {n}", False).add(Kind.RING, 1, ring)
        call = Call(f"announcement {n}", False).add(Kind.RING, 1, ring).pause(0.5)
        yield (
            call.add(Kind.ANNOUNCEMENT, 1, announcement)
            .pause(1)
            .add(Kind.ANNOUNCEMENT, 1, announcement)
        )
        yield Call(f"menu only {n}", False).add(Kind.IVR, 0, menu).pause(2).add(Kind.IVR, 0, menu)
        call = Call(f"queue, gave up {n}", False).add(Kind.IVR, 0, menu).add(Kind.MUSIC, 0, music)
        yield call.pause(0.6).add(Kind.IVR, 0, queue).add(Kind.MUSIC, 0, music)
        yield Call(f"music only {n}", False).add(Kind.MUSIC, 0, music)
        yield _talk(Call(f"talk {n}", True), talk)
        yield _talk(Call(f"ring, talk {n}", True).add(Kind.RING, 1, ring).pause(0.5), talk)
        yield _talk(Call(f"menu, talk {n}", True).add(Kind.IVR, 0, menu).pause(1.5), talk)
        call = Call(f"menu, music, talk {n}", True).add(Kind.IVR, 0, menu).pause(0.5)
        yield _talk(call.add(Kind.MUSIC, 0, music).pause(0.4), talk)
        call = Call(f"menu, ring, talk {n}", True).add(Kind.IVR, 0, menu).pause(0.5)
        yield _talk(call.add(Kind.RING, 0, ring).pause(0.6), talk)
        call = _talk(Call(f"talk, survey {n}", True), talk).pause(1)
        yield call.add(Kind.IVR, 0, spoken(SURVEYS[0], voice))
        # What real people say is beyond the bundled recogniser: only the sound is looked at.
        call = Call(f"sound: people, music, tones {n}", True)
        for turn in range(8):
            sound = people[(n * 8 + turn) % len(people)]
            call.add((Kind.AGENT, Kind.CUSTOMER)[turn % 2], turn % 2, sound).pause(0.3)
        yield call.add(Kind.MUSIC, 0, music).pause(0.5).add(Kind.RING, 1, ring)


def telephone(sound: Samples) -> Samples:
    spectrum = np.fft.rfft(sound, axis=1)
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    spectrum[:, (hz < 250) | (hz > 3_400)] = 0
    clean = np.fft.irfft(spectrum, sound.shape[1], axis=1)
    return np.asarray(clean + RANDOM.normal(0, 3e-4, clean.shape), np.float32)


def write(path: Path, sound: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(8_000)
        # The band is limited already: every second sample is all there is.
        file.writeframes((np.clip(sound[:, ::2].T, -1, 1) * 32767).astype("<i2").tobytes())
