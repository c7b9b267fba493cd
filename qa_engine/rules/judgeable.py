"""可评 or 不可评: whether a call can be judged at all. The one owner of "no score"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from phrasebook.model import JudgeableLimits
from qa_engine.anatomy import StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.voices import speaking_ms

__all__ = [
    "BOTH",
    "JUDGEABLE",
    "Judgeable",
    "JudgeableState",
    "Unjudgeable",
    "judge_call",
    "unjudgeable",
]

BOTH = frozenset(Role)
"""Who is expected to speak, where nobody says that a recording holds one side only."""


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
    """The verdict 不可评 with its reason and sentence."""
    return Judgeable(
        state=JudgeableState.NOT_JUDGEABLE, reason=reason, message_zh=MESSAGE_ZH[reason]
    )


_INSTEAD = (
    (StretchKind.ANNOUNCEMENT, Unjudgeable.NOT_CONNECTED),
    (StretchKind.IVR, Unjudgeable.ONLY_IVR),
    (StretchKind.RING, Unjudgeable.NOT_CONNECTED),
    (StretchKind.MUSIC, Unjudgeable.ONLY_IVR),
)
"""Where people said too little, what else was heard tells why; the most telling first."""


def judge_call(
    utterances: Sequence[Utterance],
    duration_ms: int,
    limits: JudgeableLimits,
    *,
    ending: Unjudgeable = Unjudgeable.NONE,
    expected: frozenset[Role] = BOTH,
    line: frozenset[StretchKind] = frozenset(),
) -> Judgeable:
    """Whether what was heard of a call is enough to judge it.

    `utterances`: the finals. `ending`: why its end alone makes it not judgeable, if it does.
    `expected`: whose voices the recording holds. `line`: what stands on it beside people.
    """
    reason = ending or _missing(utterances, duration_ms, limits, expected)
    if reason in (Unjudgeable.NO_SPEECH, Unjudgeable.TOO_SHORT):
        reason = next((why for kind, why in _INSTEAD if kind in line), reason)
    elif reason is Unjudgeable.ONE_PARTY and not _agent_spoke(utterances, limits):
        reason = next((why for kind, why in _INSTEAD[:2] if kind in line), reason)
    return unjudgeable(reason) if reason else JUDGEABLE


def _agent_spoke(utterances: Sequence[Utterance], limits: JudgeableLimits) -> bool:
    spoken = (speaking_ms(u) for u in utterances if u.role is Role.AGENT)
    return sum(spoken) >= limits.party_ms


def _missing(
    utterances: Sequence[Utterance],
    duration_ms: int,
    limits: JudgeableLimits,
    expected: frozenset[Role],
) -> Unjudgeable:
    """The first thing that is missing, the most telling before what follows from it."""
    spoken = [(utterance, speaking_ms(utterance)) for utterance in utterances]
    total = sum(ms for _, ms in spoken)
    if total <= 0:
        return Unjudgeable.NO_SPEECH
    if duration_ms < limits.call_ms or total < limits.speech_ms:
        return Unjudgeable.TOO_SHORT
    if sum(ms for u, ms in spoken if not u.intelligible) > limits.unclear_share * total:
        return Unjudgeable.UNINTELLIGIBLE
    known = [(u, ms) for u, ms in spoken if is_speaker_known(u.role_confidence)]
    if total - sum(ms for _, ms in known) > limits.unknown_share * total:
        return Unjudgeable.UNKNOWN_SPEAKERS
    if any(sum(ms for u, ms in known if u.role is r) < limits.party_ms for r in expected):
        return Unjudgeable.ONE_PARTY
    return Unjudgeable.NONE
