"""What a reader should know before reading a report, such as that roles were guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from phrasebook.model import Script
from qa_engine.analysis_result import AnalysisResult
from qa_engine.events import Role, Utterance
from qa_engine.report.answers import not_asked
from qa_engine.report.model import CallFacts, ReportWarning
from qa_engine.rules.voices import speaking_ms

if TYPE_CHECKING:
    pass

MUCH_UNINTELLIGIBLE = 0.3
"""From this share of speech on, the reader is told that much was not understood."""
_MOST_TITLES = 5
SYNTHETIC = ReportWarning(
    code="synthetic_model",
    message="recognised with nano_zh, a small model trained on synthetic speech only; for real "
    "callers choose another: qa-engine models pull NAME, then --model NAME",
    message_zh="本报告使用内置的 nano_zh 模型识别：它只用合成语音训练，仅供演示与测试。"
    "分析真实通话请先运行 qa-engine models pull 模型名，再用 --model 指定",
)
INFERRED_ROLES = ReportWarning(
    code="inferred_roles",
    message="nobody said who is on which channel: taken from the opening words, else agent first",
    message_zh="没有指定声道角色：按开场语判断，判断不了时以第一声道为坐席",
)


def other_script(script: Script) -> ReportWarning:
    """The call begins like one that is to be held to `script`."""
    name = script.title or script.id
    return ReportWarning(
        code="other_script",
        message=f"it begins like a call of {name}: --script {script.id}, or a manifest that tells "
        "the direction, judges it by that script",
        message_zh=f"开头像是“{name}”的通话，请用 --script {script.id} 或在清单里写明呼叫方向，"
        "再按那套流程评判",
    )


class Recognised(Protocol):
    """What a report tells of the recogniser."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def synthetic(self) -> bool: ...


def warnings_of(
    result: AnalysisResult,
    recogniser: Recognised,
    call: CallFacts,
    given: Iterable[ReportWarning],
) -> Iterable[ReportWarning]:
    if recogniser.synthetic:
        yield SYNTHETIC
    codes = set()
    for warning in given:
        codes.add(warning.code)
        yield warning
    if any(channel.inferred for channel in call.channels) and not codes & {"mono", "duplicated"}:
        yield INFERRED_ROLES
    share = _unintelligible_share(result.utterances)
    if share >= MUCH_UNINTELLIGIBLE:
        yield ReportWarning(
            code="unintelligible",
            message=f"{share:.0%} of the speech was not understood: findings may be missing",
            message_zh=f"有 {share:.0%} 的语音没有听清，可能有未发现的问题",
        )
    if result.unknown:
        yield _unknown(result.unknown)
    if result.judgeable and (waiting := sum(applies is True for _, applies in result.asked)):
        yield not_asked(waiting)
    if result.utterances and not any(u.role is Role.AGENT for u in result.utterances):
        yield ReportWarning(
            code="no_agent",
            message="no speech of the agent was heard: check which channel is whose",
            message_zh="没有听到坐席说话，请检查声道与角色是否对应",
        )


def _unknown(titles: Sequence[str]) -> ReportWarning:
    """Which rules did not apply because nobody told of the call what they ask for."""
    told = titles[:_MOST_TITLES]
    more = len(titles) - len(told)
    rest, rest_zh = (f" and {more} more", f" 等 {len(titles)} 条") if more else ("", "")
    return ReportWarning(
        code="unknown_data",
        message=f"rules that need data of the call which nobody told: {', '.join(told)}{rest}",
        message_zh=f"缺少通话数据，以下规则未参与评判：{'、'.join(told)}{rest_zh}",
    )


def _unintelligible_share(utterances: Sequence[Utterance]) -> float:
    total = sum(speaking_ms(utterance) for utterance in utterances)
    unclear = sum(speaking_ms(u) for u in utterances if not u.intelligible)
    return unclear / total if total else 0.0
