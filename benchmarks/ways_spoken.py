"""The same sentence said in other ways: by people, by machines, and changed by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from benchmarks.known_pitch import parts, world
from benchmarks.mono_voices import HUMAN, RATE
from models.recogniser import Samples

WAYS = ("monotone", "lively", "raised", "hurried")


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
