"""Speech without a model: each sentence is a rustle whose loudness names it.

`record` makes the audio of a scripted call; `ScriptedRecogniser` reads the sentence back from it,
five characters a second, so that partials grow as they do in life.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import phrasebook
from api.hearing import Hearing
from api.live.session_factory import SessionFactory
from models.recogniser import Samples, Transcript, Word
from qa_engine.matching.matcher import Matcher

CHAR_MS = 200
FIRST_LEVEL, LEVEL = 0.10, 0.02
SENTENCES = (
    "您好感谢致电很高兴为您服务",
    "我要查一下我的账单",
    "这个我不知道",
    "我要向媒体曝光你们",
    "我不知道您是否方便",
    "请稍等我帮您查询一下",
    "好的谢谢",
    "感谢您的来电再见",
    "这些我都知道了您放心",
)
MISHEARD = ("我都知道", "我不知道")
"""What a sentence holds, and how it is heard before it is final."""
POISON = "请稍等我帮您查询一下"

PACK = """
pack: {name: test_pack, version: "1", default_script: inbound}
scripts:
  - {id: inbound, title: 内呼, steps: [opening, closing]}
entries:
  - id: dont-know
    title: 直接说不知道
    source: S1.1
    say: [我不知道]
    unless: [我不知道您是否]
    who: 坐席
    suggest: [让我帮您查询一下相关信息]
    severity: high
    points: 3
    tests: {hit: [这个我不知道], miss: [知道了]}
  - id: media
    title: 威胁曝光
    source: S6.1
    kind: trigger
    say: [向媒体曝光]
    who: 客户
    suggest: [通知主管]
    severity: critical
    audience: supervisor
    tests: {hit: [我要向媒体曝光你们], miss: [谢谢]}
steps:
  - id: opening
    title: 开场问候
    source: S3.1
    say: [感谢致电]
    who: 坐席
    anchor: call_start
    within: 20s
    required: true
    prompt: 您好，感谢致电
    points: 4
    tests: {hit: [您好感谢致电], miss: [您好]}
  - id: closing
    title: 结束语
    source: S3.10
    say: [感谢您的来电]
    who: 坐席
    anchor: call_end
    within: -30s
    required: true
    prompt: 感谢您的来电，再见
    points: 4
    tests: {hit: [感谢您的来电], miss: [再见吧]}
scorecard:
  total: 100
  pass: 85
  items:
    - {id: words, title: 用语, group: 用语, points: 60, feeds: [dont-know]}
    - {id: flow, title: 流程, group: 流程, points: 40, feeds: [opening, closing]}
"""

Line = tuple[int, int, str]
"""Channel, begin_ms, one of SENTENCES."""


def record(
    lines: Iterable[Line], duration_ms: int, *, rate: int = 16_000, channels: int = 2
) -> NDArray[np.float32]:
    """Interleaved float32 of a scripted call."""
    audio = np.zeros((duration_ms * rate // 1_000, channels), np.float32)
    for channel, begin_ms, text in lines:
        begin = begin_ms * rate // 1_000
        length = len(text) * CHAR_MS * rate // 1_000
        level = FIRST_LEVEL + LEVEL * SENTENCES.index(text)
        # A steady wave would be a tone, and one wave for two people would be a leak.
        signs = np.random.default_rng([channel, begin_ms]).integers(0, 2, length // 5 + 1)
        wave = np.where(signs.repeat(5)[:length], level, -level)
        room = audio[begin : begin + length, channel]
        room[:] = wave[: len(room)]
    return audio.ravel()


class ScriptedRecogniser:
    """Reads the sentence from the loudness. `decode_s`: how long a batch takes."""

    name, version, synthetic, max_window_ms = "scripted", "1", True, 20_000
    takes_hotwords = False

    def __init__(self, *, decode_s: float = 0.0, poison: str = "") -> None:
        self.decode_s = decode_s
        self.poison = poison
        self.batches: list[int] = []

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        self.batches.append(len(windows))
        if self.decode_s:
            time.sleep(self.decode_s)
        return [self._read(window, final) for window in windows]

    def _read(self, window: Samples, final: bool) -> Transcript:
        loud = np.flatnonzero(np.abs(window) > FIRST_LEVEL / 2)
        if not len(loud):
            return Transcript(text="", confidence=0.0, intelligible=False)
        level = float(np.median(np.abs(window[loud])))
        sentence = SENTENCES[round((level - FIRST_LEVEL) / LEVEL)]
        if sentence == self.poison:
            raise RuntimeError("this window cannot be recognised")
        begin_ms = int(loud[0]) // 16
        spoken_ms = int(loud[-1] - loud[0] + 1) // 16
        text = sentence if final else sentence.replace(*MISHEARD)
        text = text[: round(spoken_ms / CHAR_MS)]
        words = tuple(
            Word(
                text=character,
                begin_ms=begin_ms + index * CHAR_MS,
                end_ms=begin_ms + (index + 1) * CHAR_MS,
                confidence=0.95,
            )
            for index, character in enumerate(text)
        )
        return Transcript(text=text, words=words, confidence=0.95)


class LoudnessVoice:
    """Voice activity for square waves."""

    def stream(self) -> LoudnessVoice:
        return self

    def feed(self, frames: Samples) -> NDArray[np.float32]:
        loud = np.abs(frames).max(axis=1) > FIRST_LEVEL / 2
        return np.asarray(loud, np.float32)


def scripted_hearing(folder: Path, *, decode_s: float = 0.0, poison: str = "") -> Hearing:
    pack = folder / "pack"
    pack.mkdir(parents=True, exist_ok=True)
    (pack / "pack.yaml").write_text(PACK, "utf-8")
    recogniser = ScriptedRecogniser(decode_s=decode_s, poison=poison)
    book = phrasebook.load(pack)
    engine = SessionFactory(book, Matcher(book), recogniser, voice=LoudnessVoice())
    return Hearing(engine, recogniser, book)
