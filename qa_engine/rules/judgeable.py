"""可评 or 不可评: whether a call can be judged at all. The one owner of "no score"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["JUDGEABLE", "Judgeable", "JudgeableState", "Unjudgeable", "unjudgeable"]


class JudgeableState(StrEnum):
    JUDGEABLE = "judgeable"
    NOT_JUDGEABLE = "not_judgeable"


class Unjudgeable(StrEnum):
    """Why a call cannot be judged."""

    NONE = ""
    NOT_CONNECTED = "not_connected"
    ONLY_IVR = "only_ivr"
    NO_SPEECH = "no_speech"
    ONE_PARTY = "one_party"
    TOO_SHORT = "too_short"
    UNINTELLIGIBLE = "unintelligible"
    UNKNOWN_SPEAKERS = "unknown_speakers"
    DAMAGED = "damaged"
    CUT_OFF = "cut_off"
    FAILED = "failed"


MESSAGE_ZH: Mapping[Unjudgeable, str] = {
    Unjudgeable.NONE: "",
    Unjudgeable.NOT_CONNECTED: "未接通",
    Unjudgeable.ONLY_IVR: "仅有 IVR 或提示音",
    Unjudgeable.NO_SPEECH: "没有人说话",
    Unjudgeable.ONE_PARTY: "只有一方说话",
    Unjudgeable.TOO_SHORT: "通话太短",
    Unjudgeable.UNINTELLIGIBLE: "大部分没有听清",
    Unjudgeable.UNKNOWN_SPEAKERS: "分不清是谁在说话",
    Unjudgeable.DAMAGED: "录音损坏，需重新导出",
    Unjudgeable.CUT_OFF: "通话中断，没有听完",
    Unjudgeable.FAILED: "识别失败",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgeable:
    """Whether a call can be judged, and if not, why."""

    state: JudgeableState = JudgeableState.JUDGEABLE
    reason: Unjudgeable = Unjudgeable.NONE
    message_zh: str = ""

    def __bool__(self) -> bool:
        return self.state is JudgeableState.JUDGEABLE


JUDGEABLE = Judgeable()


def unjudgeable(reason: Unjudgeable) -> Judgeable:
    return Judgeable(
        state=JudgeableState.NOT_JUDGEABLE, reason=reason, message_zh=MESSAGE_ZH[reason]
    )
