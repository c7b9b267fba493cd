"""The conduct checks of a finished call, one function each; `CHECKS` is the list feeds may name."""

from __future__ import annotations

import math
from collections.abc import Sequence

from phrasebook.model import ConductLimits
from qa_engine.events import Role, Utterance
from qa_engine.rules.check import Check, CheckState, Silence
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.holds import Hold, allowed_ms
from qa_engine.rules.repetition import details, repeated_sentences
from qa_engine.rules.voices import VoiceSpan, characters, interruptions, speaking_ms, turns

CHECKS = (
    "conduct.rate",
    "conduct.silence",
    "conduct.interruption",
    "conduct.talk_share",
    "conduct.volume",
    "conduct.turn",
    "conduct.overload",
    "conduct.repeat",
    "conduct.handle_time",
    "conduct.hold",
    "conduct.response",
)

MIN_RATE_CHARS = 30
MIN_SHARE_MS = 20_000
"""Less speech than this says nothing about a rate or a share."""

MAX_DETAILS = 7
"""More options, amounts and terms in one turn than a listener can hold (S2.5)."""


def all_checks(
    finals: Sequence[Utterance],
    quiet: Sequence[Silence],
    holds: Sequence[Hold],
    limits: ConductLimits,
    duration_ms: int,
) -> tuple[Check, ...]:
    """Every check of a spoken call, in the order of `CHECKS`; `finals` in order of time.

    What an unknown speaker said breaks the silence, and is nobody's otherwise.
    """
    known = [utterance for utterance in finals if is_speaker_known(utterance.role_confidence)]
    agent = [utterance for utterance in known if utterance.role is Role.AGENT]
    return (
        speech_rate(agent, limits),
        dead_air(quiet, limits),
        interruption(known, limits),
        talk_share(known, limits),
        volume(agent, limits),
        longest_turn(known, limits),
        overload(known),
        repetition(agent, limits),
        handle_time(duration_ms, limits),
        hold_time(holds, limits),
    )


def speech_rate(agent: Sequence[Utterance], limits: ConductLimits) -> Check:
    """语速: characters a minute of the agent's speech, pauses and unintelligible parts left out."""
    clear = [utterance for utterance in agent if utterance.intelligible]
    count = sum(characters(utterance.text) for utterance in clear)
    spoken = sum(speaking_ms(utterance) for utterance in clear)
    enough = count >= MIN_RATE_CHARS and spoken > 0
    value = round(count * 60_000 / spoken, 1) if enough else None
    return Check(
        id="conduct.rate",
        source="S5.1",
        state=_between(value, limits.rate_low_cpm, limits.rate_high_cpm),
        value=value,
        unit="cpm",
        low=limits.rate_low_cpm,
        high=limits.rate_high_cpm,
        role=Role.AGENT,
        spans=_fast_or_slow(clear, limits),
    )


def dead_air(quiet: Sequence[Silence], limits: ConductLimits) -> Check:
    """冷场: the longest silence outside an announced hold."""
    gaps = [VoiceSpan(s.begin_ms, s.end_ms) for s in quiet if not s.excused]
    longest = max((gap.duration_ms for gap in gaps), default=0)
    return Check(
        id="conduct.silence",
        source="S5.6",
        state=_between(longest, None, limits.silence_ms),
        value=longest,
        unit="ms",
        high=limits.silence_ms,
        spans=tuple(gap for gap in gaps if gap.duration_ms > limits.silence_ms),
    )


def interruption(finals: Sequence[Utterance], limits: ConductLimits) -> Check:
    """抢话: times the agent spoke into the customer's words; reaching the limit breaks it."""
    spans = interruptions(finals, limits.interruption_overlap_ms)
    return Check(
        id="conduct.interruption",
        source="S5.5",
        state=CheckState.BREACH if len(spans) >= limits.interruptions else CheckState.OK,
        value=len(spans),
        unit="count",
        high=limits.interruptions,
        role=Role.AGENT,
        spans=tuple(spans),
    )


def talk_share(finals: Sequence[Utterance], limits: ConductLimits) -> Check:
    """话语占比: the agent's part of all speech."""
    spoken = dict.fromkeys(Role, 0)
    for utterance in finals:
        spoken[utterance.role] += speaking_ms(utterance)
    total = sum(spoken.values())
    enough = total >= MIN_SHARE_MS and min(spoken.values()) > 0
    value = round(spoken[Role.AGENT] / total, 3) if enough else None
    return Check(
        id="conduct.talk_share",
        source="S5.5",
        state=_between(value, None, limits.talk_share_high),
        value=value,
        unit="share",
        high=limits.talk_share_high,
        role=Role.AGENT,
    )


def volume(agent: Sequence[Utterance], limits: ConductLimits) -> Check:
    """音量: mean power of the agent's speech, weighted by duration."""
    measured = [(u.level_dbfs, u.end_ms - u.begin_ms) for u in agent if u.level_dbfs is not None]
    weight = sum(duration for _, duration in measured)
    value = None
    if weight > 0:
        power = sum(10 ** (level / 10) * duration for level, duration in measured) / weight
        value = round(10 * math.log10(max(power, 1e-12)), 1)
    return Check(
        id="conduct.volume",
        source="S5.2",
        state=_between(value, limits.volume_low_dbfs, limits.volume_high_dbfs),
        value=value,
        unit="dbfs",
        low=limits.volume_low_dbfs,
        high=limits.volume_high_dbfs,
        role=Role.AGENT,
    )


def longest_turn(finals: Sequence[Utterance], limits: ConductLimits) -> Check:
    """单次发言过长: the agent's longest turn."""
    spans = [
        VoiceSpan(turn.begin_ms, turn.end_ms, turn.utterances[0].id)
        for turn in turns(finals)
        if turn.role is Role.AGENT
    ]
    longest = max((span.duration_ms for span in spans), default=0)
    return Check(
        id="conduct.turn",
        source="S2.5",
        state=_between(longest, None, limits.turn_max_ms),
        value=longest,
        unit="ms",
        high=limits.turn_max_ms,
        role=Role.AGENT,
        spans=tuple(span for span in spans if span.duration_ms > limits.turn_max_ms),
    )


def overload(finals: Sequence[Utterance]) -> Check:
    """信息过载: the most options, amounts and conditions put into one turn of the agent."""
    counted = [
        (details(turn.text), VoiceSpan(turn.begin_ms, turn.end_ms, turn.utterances[0].id))
        for turn in turns(finals)
        if turn.role is Role.AGENT
    ]
    most = max((count for count, _ in counted), default=0)
    return Check(
        id="conduct.overload",
        source="S2.5",
        state=_between(most, None, MAX_DETAILS),
        value=most,
        unit="count",
        high=MAX_DETAILS,
        role=Role.AGENT,
        spans=tuple(span for count, span in counted if count > MAX_DETAILS),
    )


def repetition(agent: Sequence[Utterance], limits: ConductLimits) -> Check:
    """机械话术: sayings of the most repeated sentence; reaching the limit breaks it."""
    repeated = repeated_sentences(agent, at_least=2)
    most = len(repeated[0].spans) if repeated else min(1, len(agent))
    over = [found for found in repeated if len(found.spans) >= limits.repeat_limit]
    return Check(
        id="conduct.repeat",
        source="S2.8",
        state=CheckState.BREACH if over else CheckState.OK,
        value=most,
        unit="count",
        high=limits.repeat_limit,
        role=Role.AGENT,
        spans=tuple(sorted(span for found in over for span in found.spans)),
    )


def handle_time(duration_ms: int, limits: ConductLimits) -> Check:
    """处理时长: the whole call."""
    return Check(
        id="conduct.handle_time",
        source="S5.8",
        state=_between(duration_ms, None, limits.handle_time_ms),
        value=duration_ms,
        unit="ms",
        high=limits.handle_time_ms,
    )


def response(waits: Sequence[VoiceSpan], limits: ConductLimits) -> Check:
    """响应时长: in a chat, the longest that a customer waited for the agent's next line."""
    longest = max((wait.duration_ms for wait in waits), default=None)
    return Check(
        id="conduct.response",
        source="S5.8",
        state=_between(longest, None, limits.response_ms),
        value=longest,
        unit="ms",
        high=limits.response_ms,
        role=Role.AGENT,
        spans=tuple(wait for wait in waits if wait.duration_ms > limits.response_ms),
    )


def hold_time(holds: Sequence[Hold], limits: ConductLimits) -> Check:
    """等待时长: the hold that lasted longest beyond what was promised or is allowed."""
    worst = max(holds, key=lambda hold: hold.waited_ms - allowed_ms(hold, limits), default=None)
    high = allowed_ms(worst, limits) if worst else limits.hold_ms
    value = worst.waited_ms if worst else None
    return Check(
        id="conduct.hold",
        source="S4.5",
        state=_between(value, None, high),
        value=value,
        unit="ms",
        high=high,
        role=Role.AGENT,
        spans=tuple(
            VoiceSpan(hold.begin_ms, hold.end_ms, hold.utterance)
            for hold in holds
            if hold.waited_ms > allowed_ms(hold, limits)
        ),
    )


def _between(value: float | None, low: float | None, high: float | None) -> CheckState:
    if value is None:
        return CheckState.NOT_APPLICABLE
    outside = (low is not None and value < low) or (high is not None and value > high)
    return CheckState.BREACH if outside else CheckState.OK


def _fast_or_slow(clear: Sequence[Utterance], limits: ConductLimits) -> tuple[VoiceSpan, ...]:
    """Utterances long enough to judge whose own rate is outside the limits."""
    spans = []
    for utterance in clear:
        count, spoken = characters(utterance.text), speaking_ms(utterance)
        if count < MIN_RATE_CHARS // 2 or spoken <= 0:
            continue
        if not limits.rate_low_cpm <= count * 60_000 / spoken <= limits.rate_high_cpm:
            spans.append(VoiceSpan(utterance.begin_ms, utterance.end_ms, utterance.id))
    return tuple(spans)
