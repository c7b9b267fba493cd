"""How it sounds: is the pitch right, are ways of speaking told apart, and what does it cost?

Pitch, over a telephone line (8 kHz, μ-law; also without what lies below 300 Hz): a synthetic voice
whose pitch is known, real speakers whose pitch two methods of WORLD agree on, and those speakers
made again by WORLD with that pitch.

Ways of speaking: sentences of real speakers ($QA_HUMAN_SPEECH, with `transcripts.tsv`) made again
by WORLD flatter, livelier, raised (four semitones, 6 dB, a sharper voice) and hurried (a third
faster), and of a synthetic voice (espeak-ng) told to speak so. Each is heard in a call of the same
speaker's plain sentences, and put down as the one of the four that the measures say.

Needs pyworld (MIT) and espeak-ng, for the benchmark alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import soxr

from benchmarks.mono_voices import HUMAN, RATE, speakers, telephone
from models.recogniser import Samples, Word
from phrasebook.model import MoodRules
from qa_engine.events import Role, Utterance
from qa_engine.prosody.listen import contour_of
from qa_engine.prosody.measure import LIVELY_FROM_ST, MONOTONE_BELOW_ST, ProsodyMeter
from qa_engine.prosody.pitch import HOP_MS, pitch_of
from qa_engine.prosody.tension import TENSE_FROM, Raised, Sounding

RESULT = Path(__file__).parent / "results" / "prosody.json"
WITHIN = 0.05
WAYS = ("monotone", "lively", "raised", "hurried")
RANDOM = np.random.default_rng(3)
SENTENCES = (
    "您好很高兴为您服务请问有什么可以帮您",
    "我先帮您查询一下这个订单的物流信息",
    "这笔费用是上个月的套餐月租一共五十八元",
    "请您提供一下手机号码的后四位",
    "我已经为您登记了明天上午会有师傅联系您",
    "如果我理解正确的话您是想取消这个业务",
    "根据您的情况我建议您先升级到新的套餐",
    "退款会在三个工作日之内原路退回",
    "这个问题我需要请技术部门协助处理一下",
    "非常抱歉给您带来了不便请您谅解",
    "您的快递现在在杭州的中转站明天派送",
    "请问还有其他需要帮助的地方吗",
)


@dataclass
class Said:
    """A sentence: sound at 16 kHz, and how many characters it has."""

    sound: Samples
    characters: int


def world() -> Any:
    """The vocoder; exits with a sentence where it is not installed."""
    # It asks setuptools for its own version, with a part of it that is gone.
    sys.modules.setdefault("pkg_resources", _Versions("pkg_resources"))
    try:
        import pyworld
    except ImportError:
        sys.exit("no pyworld here; install it for this benchmark: pip install pyworld")
    return pyworld


class _Versions(ModuleType):
    def get_distribution(self, name: str) -> Any:
        return SimpleNamespace(version=metadata.version(name))


def parts(sound: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """WORLD's pitch (10 ms), envelope and aperiodicity; of the same sound only once."""
    key = sound.tobytes()
    if key not in _PARTS:
        _PARTS[key] = _parts(sound)
    return _PARTS[key]


_PARTS: dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}


def _parts(sound: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    vocoder, wide = world(), sound.astype(np.float64)
    hz, at = vocoder.harvest(wide, RATE, f0_floor=65, f0_ceil=500, frame_period=10)
    hz = vocoder.stonemask(wide, hz, at, RATE)
    return hz, vocoder.cheaptrick(wide, hz, at, RATE), vocoder.d4c(wide, hz, at, RATE)


def agreed(sound: Samples, hz: np.ndarray) -> np.ndarray:
    """The pitch where both methods find the same; 0 elsewhere."""
    vocoder, wide = world(), sound.astype(np.float64)
    other, at = vocoder.dio(wide, RATE, f0_floor=65, f0_ceil=500, frame_period=10)
    other = vocoder.stonemask(wide, other, at, RATE)
    size = min(len(hz), len(other))
    hz, other = hz[:size], other[:size]
    same = (hz > 0) & (other > 0) & (np.abs(other / np.maximum(hz, 1) - 1) < WITHIN)
    return np.where(same, hz, 0.0)


def narrow(sound: Samples) -> Samples:
    """Without what lies outside a telephone's 300 to 3400 Hz, over its noise."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hz < 300) | (hz > 3_400)] = 0
    clean = np.fft.irfft(spectrum, len(sound))
    return telephone(np.asarray(clean + RANDOM.normal(0, 1e-3, len(clean)), np.float32), "mulaw")


def known_pitch(low_hz: float, high_hz: float, seconds: float = 6.0) -> tuple[Samples, np.ndarray]:
    """Pulses through two formants, in syllables of a gliding pitch; with it each 10 ms."""
    at = np.arange(int(seconds * RATE)) / RATE
    syllable = (at / 0.24).astype(int)
    ends = RANDOM.uniform(low_hz, high_hz, syllable.max() + 2)
    inside = at / 0.24 - syllable
    hz = ends[syllable] + (ends[syllable + 1] - ends[syllable]) * inside
    voiced = (inside > 0.15) & (inside < 0.95)
    phase = np.cumsum(hz / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0) * voiced
    sound = pulses
    for formant, width in ((RANDOM.uniform(350, 700), 90), (RANDOM.uniform(1_100, 1_900), 140)):
        sound = resonance(sound, formant, width)
    sound = sound / np.abs(sound).max() * 0.3 + RANDOM.normal(0, 1e-3, len(sound))
    return np.asarray(sound, np.float32), np.where(voiced, hz, 0.0)[::160]


def resonance(sound: np.ndarray, hz: float, width: float) -> np.ndarray:
    decay = np.exp(-np.pi * width / RATE)
    length = int(RATE * 0.05)
    at = np.arange(length)
    response = decay**at * np.sin(2 * np.pi * hz * (at + 1) / RATE)
    return np.convolve(sound, response)[: len(sound)]


def pitches(people: dict[str, list[Samples]]) -> Iterator[tuple[str, Samples, np.ndarray]]:
    for low, high in ((80, 130), (110, 200), (170, 330), (200, 420)):
        for _ in range(3):
            yield "synthetic, pitch known", *known_pitch(low, high)
    for sounds in people.values():
        for sound in sounds[:10]:
            hz, envelope, breath = parts(sound)
            told = agreed(sound, hz)
            yield "people, two methods agree", sound, told
            again = world().synthesize(hz, envelope, breath, RATE, 10.0).astype(np.float32)
            yield "people by WORLD, pitch known", again, told


def pitch_rows(people: dict[str, list[Samples]]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    cpu_s = audio_s = 0.0
    for kind, sound, told in pitches(people):
        for line, change in (("telephone", lambda s: telephone(s, "mulaw")), ("300 Hz", narrow)):
            heard = change(sound)
            began = time.process_time()
            contour_of(heard, begin_ms=0, end_ms=len(heard) * 1000 // RATE)
            cpu_s += time.process_time() - began
            audio_s += len(heard) / RATE
            count = counts.setdefault((kind, line), Counter())
            found, _ = pitch_of(heard)
            truth = told[1::2]
            size = min(len(found), len(truth))
            found, truth = found[:size], truth[:size]
            both = (found > 0) & (truth > 0)
            near = np.abs(found / np.maximum(truth, 1) - 1) <= WITHIN
            count["voiced"] += int((truth > 0).sum())
            count["both"] += int(both.sum())
            count["right"] += int((both & near).sum())
    rows = [
        {
            "voice": kind,
            "line": line,
            "voiced_s": round(count["voiced"] * HOP_MS / 1000, 1),
            "within_5_percent": round(count["right"] / count["both"], 4),
            "found_and_within": round(count["right"] / count["voiced"], 4),
        }
        for (kind, line), count in counts.items()
    ]
    return [*rows, {"cpu_s_a_second": round(cpu_s / audio_s, 5)}]


def human_ways(
    people: dict[str, list[Samples]],
) -> Iterator[tuple[str, list[Said], dict[str, list[Said]]]]:
    """Speaker, plain sentences, and the others in each way."""
    texts = transcripts()
    names = utterance_names()
    for name, sounds in people.items():
        said = [(sound, len(texts[key])) for sound, key in zip(sounds, names[name], strict=True)]
        plain = [Said(again(sound, "plain"), count) for sound, count in said[:12]]
        others = {
            way: [Said(again(sound, way), count) for sound, count in said[12:20]] for way in WAYS
        }
        yield f"person {name}", plain, others


def transcripts() -> dict[str, str]:
    folder = Path(os.environ.get("QA_HUMAN_SPEECH", HUMAN))
    lines = (folder / "transcripts.tsv").read_text("utf-8").splitlines()
    return {
        line.split("\t")[0].split(".")[0]: "".join(line.split("\t")[1].split()) for line in lines
    }


def utterance_names() -> dict[str, list[str]]:
    folder = Path(os.environ.get("QA_HUMAN_SPEECH", HUMAN))
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.flac")):
        found.setdefault(path.stem[6:11], []).append(path.stem)
    return found


def again(sound: Samples, way: str) -> Samples:
    hz, envelope, breath = parts(sound)
    voiced = hz > 0
    middle = np.median(hz[voiced])
    moved = hz.copy()
    if way in ("monotone", "lively"):
        by = {"monotone": 0.3, "lively": 1.7}[way]
        moved[voiced] = middle * (hz[voiced] / middle) ** by
    if way == "raised":
        moved *= 2 ** (4 / 12)
        # A raised voice is sharper: 6 dB more at 3 kHz than at the bottom.
        tilt = np.clip(np.linspace(0, 16, envelope.shape[1]), 0, 6)
        envelope = envelope * 10 ** ((6 + tilt) / 10)
    period = 10.0 / 1.33 if way == "hurried" else 10.0
    return np.asarray(world().synthesize(moved, envelope, breath, RATE, period).astype(np.float32))


def machine_ways() -> Iterator[tuple[str, list[Said], dict[str, list[Said]]]]:
    for voice, pitch in (("m3", 35), ("f3", 55)):

        def speak(text: str, voice: str = voice, **how: Any) -> Said:
            return Said(spoken(text, voice=voice, **how), len(text))

        plain = [speak(text, pitch=pitch) for text in SENTENCES]
        yield (
            f"espeak {voice}",
            plain,
            {
                "monotone": [speak(text, pitch=pitch, spread=15) for text in SENTENCES],
                "lively": [speak(text, pitch=pitch, spread=250) for text in SENTENCES],
                "raised": [speak(text, pitch=pitch + 22, gain_db=6) for text in SENTENCES],
                "hurried": [speak(text, pitch=pitch, speed=215) for text in SENTENCES],
            },
        )


def spoken(
    text: str, *, voice: str, pitch: int, speed: int = 160, spread: int = 100, gain_db: float = 0
) -> Samples:
    """`spread`: of the voice's own movement, in percent."""
    import subprocess
    import tempfile
    import wave

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        ssml = f'<prosody range="{spread}%">{text}</prosody>'
        command = ["espeak-ng", "-m", "-v", f"cmn+{voice}", "-p", str(pitch), "-s", str(speed)]
        subprocess.run([*command, "-w", str(path), ssml], check=True, capture_output=True)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            raw = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    sound = soxr.resample(raw.astype(np.float32), rate, RATE) * 0.3
    return np.asarray(sound * 10 ** (gain_db / 20), np.float32)


def measured(plain: list[Said], others: list[Said]) -> list[tuple[bool, Sounding]]:
    """Every passage of a call of both, and whether it is one of the others."""
    meter = ProsodyMeter(MoodRules())
    at_ms, first_other = 1_000, len(plain)
    for number, said in enumerate([*plain, *others]):
        sound = telephone(said.sound, "mulaw")
        edge = np.flatnonzero(np.abs(sound) > 0.02)
        begin, end = int(edge[0]) * 1000 // RATE, int(edge[-1]) * 1000 // RATE
        step = (end - begin) / said.characters
        words = tuple(
            Word(
                text="字",
                begin_ms=round(at_ms + step * n),
                end_ms=round(at_ms + step * (n + 1)),
                confidence=1.0,
            )
            for n in range(said.characters)
        )
        meter.feed(
            Utterance(
                id=number,
                role=Role.AGENT,
                channel=0,
                begin_ms=at_ms,
                end_ms=at_ms + end - begin,
                text="字" * said.characters,
                words=words,
                contour=contour_of(sound, begin_ms=begin, end_ms=end),
            )
        )
        at_ms += end - begin + 800
    voice = meter.result(()).voices[0]
    return [(passage.utterance >= first_other, passage) for passage in voice.passages]


def way_of(passage: Sounding) -> str:
    """The one of the four that the measures say of a sentence alone."""
    if passage.tension >= TENSE_FROM:
        return "raised"
    if Raised.RATE in passage.raised:
        return "hurried"
    middle = (MONOTONE_BELOW_ST + LIVELY_FROM_ST) / 2
    return "monotone" if passage.movement_st < middle else "lively"


def told_apart(same: dict[str, Sounding]) -> dict[str, str]:
    """Which of the four versions of one sentence is which, by the measures alone."""
    left = dict(same)
    found: dict[str, str] = {}
    for way, measure in (
        ("raised", lambda one: one.tension),
        ("hurried", lambda one: one.rate or 0.0),
        ("lively", lambda one: one.movement_st),
    ):
        found[way] = max(left, key=lambda name: measure(left[name]))
        del left[found[way]]
    (found["monotone"],) = left
    return found


def way_rows(people: dict[str, list[Samples]]) -> list[dict[str, Any]]:
    rows = []
    for name, plain, others in (*human_ways(people), *machine_ways()):
        heard: dict[str, dict[int, Sounding]] = {}
        usual: list[Sounding] = []
        for way, sentences in others.items():
            # A third of the call, as when somebody changes: what is calm must not follow.
            found = measured(plain, sentences[: max(6, len(plain) // 2)])
            heard[way] = {one.utterance: one for other, one in found if other}
            usual += [one for other, one in found if not other]
        numbers = set.intersection(*(set(one) for one in heard.values()))
        told = [told_apart({way: heard[way][n] for way in WAYS}) for n in sorted(numbers)]
        alone = [way_of(heard[way][n]) == way for way in WAYS for n in numbers]
        row: dict[str, Any] = {
            "voice": name,
            "versions": len(alone),
            "told_apart": round(sum(one[w] == w for one in told for w in WAYS) / len(alone), 3),
            "named_alone": round(sum(alone) / len(alone), 3),
            "plain_sentences": len(usual),
            "plain_tense": sum(one.tension >= TENSE_FROM for one in usual),
            "median": {way: _median(list(found.values())) for way, found in heard.items()}
            | {"plain": _median(usual)},
        }
        rows.append(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)
    return rows


def _median(passages: list[Sounding]) -> dict[str, float]:
    return {
        key: round(float(np.median([getattr(one, key) or 0.0 for one in passages])), 2)
        for key in ("pitch_st", "level_db", "rate", "movement_st", "tension")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    people = speakers()
    pitch = pitch_rows(people)
    for row in pitch:
        print(json.dumps(row, ensure_ascii=False), flush=True)
    ways = way_rows(people)
    whole = sum(row["versions"] for row in ways)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "pitch": pitch,
        "ways": ways,
        "told_apart": round(sum(row["told_apart"] * row["versions"] for row in ways) / whole, 3),
    }
    print(result["told_apart"])
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
