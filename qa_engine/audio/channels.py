"""Who is on which channel: what the sound says about it, and what the words say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.recogniser import Samples
from qa_engine.audio.damage import Damage, Gap
from qa_engine.events import Role, Utterance

__all__ = [
    "MONO_ALIKE",
    "MONO_TOLD_APART",
    "MONO_UNKNOWN",
    "OPENING_MS",
    "ChannelFinding",
    "ChannelMeter",
    "ChannelProblem",
    "agent_of_two",
    "channels_swapped",
    "crosstalk",
    "damaged",
    "opening_utterances",
]

OPENING_MS = 60_000
"""The part of a call in which the agent shows who they are."""
_DUPLICATED_ABOVE = 0.98
_SILENT_BELOW_DBFS = -60.0
_CLEAR_LEAD = 2
STRONG_LEAK_DB = -12.0
"""A leak this strong cannot be told from speech with certainty."""
_PLACES = 5


class ChannelProblem(StrEnum):
    MONO = "mono"
    DUPLICATED = "duplicated"
    SWAPPED = "swapped"
    SILENT = "silent"
    DAMAGED = "damaged"
    CUT_OFF = "cut_off"
    UNRECORDED = "unrecorded"
    CROSSTALK = "crosstalk"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFinding:
    """Something about the channels that a reader of the report must know."""

    problem: ChannelProblem
    channel: int | None
    message: str
    message_zh: str


class ChannelMeter:
    """How loud each channel is, and how alike two are, over a whole recording."""

    def __init__(self, channels: int) -> None:
        self._power = np.zeros(channels)
        self._cross = 0.0
        self._samples = 0

    def feed(self, block: Samples) -> None:
        """`block` is float32 [channels, n]."""
        # A value that stands still is no sound, however far from nothing it is.
        block = block - block.mean(axis=1, keepdims=True) if block.shape[1] else block
        self._power += [float(channel @ channel) for channel in block]
        if len(block) == 2:
            self._cross += float(block[0] @ block[1])
        self._samples += block.shape[1]

    @property
    def levels_dbfs(self) -> tuple[float, ...]:
        """Mean power of each channel, dB below full scale; -120 for digital silence."""
        mean = self._power / max(1, self._samples)
        return tuple(float(level) for level in 10 * np.log10(np.maximum(mean, 1e-12)))

    @property
    def likeness(self) -> float:
        """Correlation of two channels in [-1, 1]; 0 for one channel or silence."""
        if len(self._power) != 2 or not self._power.all():
            return 0.0
        return float(self._cross / np.sqrt(self._power.prod()))

    def findings(self) -> tuple[ChannelFinding, ...]:
        """What the sound alone tells."""
        if len(self._power) == 1:
            return (_MONO,)
        if abs(self.likeness) > _DUPLICATED_ABOVE:
            return (_DUPLICATED,)
        return tuple(
            _silent(channel)
            for channel, level in enumerate(self.levels_dbfs)
            if level < _SILENT_BELOW_DBFS
        )


def agent_of_two(said: Sequence[Collection[str]]) -> int | None:
    """Which of two groups of utterances is the agent's, by the agent's steps that each holds.

    None when the words do not clearly say so.
    """
    first, second = (len(set(steps)) for steps in said)
    if first == second or min(first, second) * _CLEAR_LEAD > max(first, second):
        return None
    return 0 if first > second else 1


def opening_utterances(utterances: Iterable[Utterance]) -> list[Utterance]:
    """The believable utterances of a call's first minute."""
    return [
        utterance
        for utterance in utterances
        if utterance.begin_ms < OPENING_MS and utterance.intelligible
    ]


def channels_swapped(
    said: Mapping[int, Collection[str]], roles: Sequence[Role]
) -> ChannelFinding | None:
    """A finding when the agent's own sentences come from the channel called the customer's.

    `said` holds, for each channel, the ids of the agent's steps (opening, asking for a name …)
    heard on it in the first minute. One step may be chance or an echo of the other side; the
    lead has to be clear.
    """
    if set(roles) != set(Role):
        return None
    agent = roles.index(Role.AGENT)
    customer = roles.index(Role.CUSTOMER)
    lead = len(set(said.get(customer, ()))) - len(set(said.get(agent, ())))
    nothing_by_agent = not said.get(agent)
    if lead >= _CLEAR_LEAD or (lead == 1 and nothing_by_agent):
        return ChannelFinding(
            problem=ChannelProblem.SWAPPED,
            channel=customer,
            message=f"the agent's opening is spoken on channel {customer + 1}: "
            "channels look swapped",
            message_zh=f"坐席的开场语出现在声道 {customer + 1}，两个声道可能接反",
        )
    return None


def damaged(damage: Damage) -> Iterator[ChannelFinding]:
    """What is lost inside the recording, and at its end."""
    if damage.told:
        places = _places(damage.told)
        yield ChannelFinding(
            problem=ChannelProblem.DAMAGED,
            channel=None,
            message=f"{damage.lost_ms / 1000:.1f} s cannot be decoded (at {places}): silence "
            "stands there",
            message_zh=f"有 {damage.lost_ms / 1000:.1f} 秒无法解码（{places}），按缺失处理",
        )
    if damage.cut_ms:
        yield ChannelFinding(
            problem=ChannelProblem.CUT_OFF,
            channel=None,
            message=f"is cut off after {damage.held_ms / 1000:.1f} s, its header promises "
            f"{damage.promised_ms / 1000:.1f} s",
            message_zh=f"录音在 {damage.held_ms / 1000:.1f} 秒处中断，"
            f"文件头标明 {damage.promised_ms / 1000:.1f} 秒",
        )
    elif damage.broken_off:
        yield ChannelFinding(
            problem=ChannelProblem.CUT_OFF,
            channel=None,
            message=f"breaks off after {damage.held_ms / 1000:.1f} s, in the middle of the file's "
            "data: nobody knows how much is missing, and nothing is due in it",
            message_zh=f"录音在 {damage.held_ms / 1000:.1f} 秒处突然中断，文件不完整："
            "后面缺多少不得而知，缺失部分不作要求",
        )


def unrecorded(gaps: Sequence[Gap]) -> Iterator[ChannelFinding]:
    """Digital silence on a line that has noise of its own."""
    if gaps:
        seconds, places = sum(gap.end_ms - gap.begin_ms for gap in gaps) / 1000, _places(gaps)
        yield ChannelFinding(
            problem=ChannelProblem.UNRECORDED,
            channel=None,
            message=f"{seconds:.1f} s are digital silence (at {places}), as of a recorder that "
            "was paused: they count as missing",
            message_zh=f"有 {seconds:.1f} 秒没有任何信号（{places}），像是录音被暂停，按缺失处理",
        )


def _places(gaps: Sequence[Gap]) -> str:
    """Where the first of them begin."""
    more = f" … ({len(gaps)})" if len(gaps) > _PLACES else ""
    return "、".join(_clock(gap.begin_ms) for gap in gaps[:_PLACES]) + more


def crosstalk(source: int, channel: int, level_db: float) -> ChannelFinding:
    """What leaks from channel `source` into `channel` (from 0), `level_db` weaker."""
    strong = level_db > STRONG_LEAK_DB
    left_out = "utterances that may be leaked are charged to nobody" if strong else "it is left out"
    left_out_zh = "可能是串音的话不计入任何人" if strong else "已去除"
    return ChannelFinding(
        problem=ChannelProblem.CROSSTALK,
        channel=channel,
        message=f"channel {source + 1} is heard on channel {channel + 1} at {level_db:.0f} dB: "
        + left_out,
        message_zh=f"声道 {channel + 1} 里串入了声道 {source + 1} 的声音（{level_db:.0f} dB），"
        + left_out_zh,
    )


def _clock(ms: int) -> str:
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}"


def _silent(channel: int) -> ChannelFinding:
    return ChannelFinding(
        problem=ChannelProblem.SILENT,
        channel=channel,
        message=f"nothing is heard on channel {channel + 1}",
        message_zh=f"声道 {channel + 1} 没有声音",
    )


_MONO = ChannelFinding(
    problem=ChannelProblem.MONO,
    channel=None,
    message="one channel holds both speakers: all of it is taken for one role",
    message_zh="单声道录音，双方在同一声道：全部话语按同一角色处理",
)
MONO_TOLD_APART = ChannelFinding(
    problem=ChannelProblem.MONO,
    channel=None,
    message="one channel holds both speakers: who said what is inferred from the voices",
    message_zh="单声道录音，双方在同一声道：说话人按音色推断，不是实测",
)
"""In place of the plain one, when the two voices could be told apart."""
MONO_UNKNOWN = ChannelFinding(
    problem=ChannelProblem.MONO,
    channel=None,
    message="one channel holds both speakers, and nobody can say who is who: nothing is charged "
    "(qa-engine models pull voices fetches what tells voices apart; or record two channels)",
    message_zh="单声道录音，双方在同一声道，分不清是谁在说话：不扣分"
    "（可运行 qa-engine models pull voices 获取区分音色的模型，或改为双声道录音）",
)
MONO_ALIKE = ChannelFinding(
    problem=ChannelProblem.MONO,
    channel=None,
    message="one channel holds both speakers, and their voices or words do not tell who is who: "
    "nothing is charged (record two channels, or enrol the agent's voice: qa-engine voices enrol)",
    message_zh="单声道录音，双方在同一声道，声音和话里都分不清是谁在说话：不扣分"
    "（可改为双声道录音，或用 qa-engine voices enrol 登记坐席的声音）",
)
"""The same, where the network that tells voices apart was asked."""
_DUPLICATED = ChannelFinding(
    problem=ChannelProblem.DUPLICATED,
    channel=None,
    message="both channels carry the same sound: treated as a mono recording",
    message_zh="两个声道内容相同，按单声道录音处理",
)
