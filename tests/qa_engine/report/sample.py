"""A call with a bit of everything in it, analysed by the real core, for looking at and testing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples, Word
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.events import Role, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.report import Report, compose
from qa_engine.report.model import CallFacts, ChannelAccount, ChannelRole, ReportWarning
from tests.qa_engine.report.sample_pack import pack

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER

CALL: tuple[tuple[Role, float, float, str], ...] = (
    (AGENT, 1.2, 5.6, "您好，感谢致电星辰电信，我是客服三零二号，很高兴为您服务"),
    (AGENT, 6.0, 7.6, "请问有什么可以帮您"),
    (CUSTOMER, 8.2, 14.4, "你好，我这个月的话费怎么多扣了二十块钱，我自己都不知道是什么套餐"),
    (AGENT, 14.9, 19.2, "您的意思是这个月的账单多了二十块钱，对吗"),
    (CUSTOMER, 19.8, 20.6, "对的"),
    (AGENT, 21.0, 24.2, "嗯这个我也不之道啊"),
    (CUSTOMER, 24.6, 29.8, "你们客服都不知道那我问谁去啊，我已经打了三次电话了"),
    (AGENT, 28.2, 31.4, "这个不归我管，您找营业厅"),
    (CUSTOMER, 32.0, 38.9, "你们就是这样踢皮球，再不解决我要到工信部投诉你们，还要找媒体曝光"),
    (AGENT, 39.6, 43.0, "您先别激动，请您稍等一下"),
    (CUSTOMER, 43.4, 44.0, "嗯"),
    (AGENT, 71.0, 75.2, "喂您好，查到了，是有一个增值业务"),
    (CUSTOMER, 75.8, 77.8, ""),
    (AGENT, 78.4, 86.9, "根据您的情况，我建议您取消这个业务，二十块钱三个工作日内退回您的账户"),
    (CUSTOMER, 87.5, 89.6, "那好吧，一定能退吗"),
    (AGENT, 90.0, 92.6, "我保证肯定没问题"),
    (AGENT, 93.4, 96.0, "请问还有其他需要帮助的吗"),
    (CUSTOMER, 96.5, 97.6, "没有了"),
    (AGENT, 98.0, 102.4, "感谢您的来电，祝您生活愉快，再见"),
)
DURATION_MS = 104_000


@dataclass(frozen=True)
class Recogniser:
    name: str = "nano_zh"
    version: str = "3f9c2ab1"
    synthetic: bool = True


def utterances(call: tuple[tuple[Role, float, float, str], ...] = CALL) -> list[Utterance]:
    return [_utterance(i, *spoken) for i, spoken in enumerate(call)]


def _utterance(number: int, role: Role, begin_s: float, end_s: float, text: str) -> Utterance:
    begin, end = round(begin_s * 1000), round(end_s * 1000)
    words = []
    for i, char in enumerate(text):
        confidence = 0.22 if char in "之道" and "不之道" in text else 0.93
        words.append(
            Word(
                text=char,
                begin_ms=begin + (end - begin) * i // len(text),
                end_ms=begin + (end - begin) * (i + 1) // len(text),
                confidence=confidence,
            )
        )
    return Utterance(
        id=number,
        role=role,
        channel=0 if role is AGENT else 1,
        begin_ms=begin,
        end_ms=end,
        text=text,
        words=tuple(words),
        confidence=0.91 if text else 0.12,
        intelligible=bool(text),
        stable_chars=len(text),
        level_dbfs=-21.0 if role is AGENT else -24.0,
    )


def analysed(spoken: list[Utterance], duration_ms: int = DURATION_MS) -> AnalysisResult:
    analysis = Analysis(pack(), Matcher(pack()))
    for item in spoken:
        analysis.feed(item)
    analysis.close(duration_ms)
    return analysis.result()


def sample_report(
    spoken: list[Utterance] | None = None,
    *,
    file: str = "2026-11-20_张三_话费争议.wav",
    warnings: tuple[ReportWarning, ...] = (),
) -> Report:
    return compose(
        analysed(utterances() if spoken is None else spoken),
        phrasebook=pack(),
        recogniser=Recogniser(),
        call=CallFacts(
            id="c-20261120-0017",
            file=file,
            duration_ms=DURATION_MS,
            sample_rate=8000,
            codec="pcm_mulaw",
            channels=(
                ChannelRole(channel=0, role=AGENT, inferred=False, level_dbfs=-21.0),
                ChannelRole(channel=1, role=CUSTOMER, inferred=False, level_dbfs=-24.0),
            ),
            script="inbound",
            script_title="内呼",
        ),
        audio_sha256="9f2c" * 16,
        warnings=warnings,
        accounting=tuple(
            ChannelAccount(
                channel=channel,
                fed_ms=DURATION_MS,
                decoded_ms=decoded,
                silent_ms=DURATION_MS - decoded,
                dropped_ms={},
            )
            for channel, decoded in ((0, 42_000), (1, 31_000))
        ),
    )


def sound(spoken: list[Utterance] | None = None, duration_ms: int = DURATION_MS) -> Samples:
    """[2, n] at 16 kHz: a murmur wherever somebody speaks."""
    rng = np.random.default_rng(7)
    samples = rng.normal(0, 0.004, (2, duration_ms * SAMPLE_RATE // 1000))
    for item in utterances() if spoken is None else spoken:
        begin, end = (ms * SAMPLE_RATE // 1000 for ms in (item.begin_ms, item.end_ms))
        times = np.arange(end - begin) / SAMPLE_RATE
        syllables = np.abs(np.sin(times * np.pi * 4.2)) ** 0.6 * (0.6 + 0.4 * np.sin(times * 1.7))
        tone = np.sin(2 * np.pi * (140 + 70 * item.channel) * times)
        murmur = 0.35 * syllables * (0.6 * tone + 0.4 * rng.normal(0, 0.5, end - begin))
        samples[item.channel, begin:end] += murmur
    return samples.astype(np.float32)


def write_wav(path: Path, samples: Samples) -> Path:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        pcm = np.clip(samples.T * 32767, -32768, 32767).astype("<i2")
        file.writeframes(pcm.tobytes())
    return path
