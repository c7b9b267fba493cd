"""等待: how long a hold was to last, and how long it lasted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from phrasebook.model import AnchorKind, ConductLimits, Phrasebook
from qa_engine.anatomy import Stretch
from qa_engine.events import Role, Utterance
from qa_engine.matching.text.normalise import normalise
from qa_engine.matching.text.numerals import spoken, value_of
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.voices import VoiceSpan

__all__ = ["Hold", "allowed_ms", "holds_of", "spoken_length_ms", "thanks_steps"]

SETTLE_MS = 10_000
"""What the agent still says this soon after asking to wait (谢谢, 马上) is not yet the return."""
_BEFORE_MS = 20_000
"""A length named this soon before the request is the hold's."""

_DIGITS = "零一二两三四五六七八九十"
_LENGTH = re.compile(f"(半|[{_DIGITS}]+)(?:到|至)?([{_DIGITS}]*)个?(分钟|秒)")
_UNIT_MS = {"分钟": 60_000, "秒": 1_000}
_ONE_DIGIT = dict(zip("零一二三四五六七八九两", (*range(10), 2), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """From the agent's request to wait until the agent speaks again."""

    begin_ms: int
    end_ms: int
    utterance: int | None
    """The request."""
    promised_ms: int | None = None
    """How long the agent said it would take, at most."""
    unheard_ms: int = 0
    """Of it, where sound is missing and nobody thanked for the wait: they may have talked."""

    @property
    def duration_ms(self) -> int:
        """From the words that ask to wait to the next word of the agent."""
        return self.end_ms - self.begin_ms

    @property
    def waited_ms(self) -> int:
        """How long the customer is known to have waited."""
        return self.duration_ms - self.unheard_ms


def thanks_steps(book: Phrasebook) -> frozenset[str]:
    """The steps that hang on a hold and may be done only after a while of it: the thanks for it."""
    hold = book.anatomy.hold
    return frozenset(
        step.id
        for step in book.steps
        if step.anchor.kind is AnchorKind.STEP and step.anchor.ref == hold and step.from_ms > 0
    )


def allowed_ms(hold: Hold, limits: ConductLimits) -> int:
    """How long it may last: what was promised and a moment, or what the phrasebook allows."""
    if hold.promised_ms is None:
        return limits.hold_ms
    return hold.promised_ms + limits.silence_ms


def holds_of(
    requests: Iterable[VoiceSpan],
    finals: Sequence[Utterance],
    duration_ms: int,
    *,
    missing: Sequence[Stretch] = (),
    thanks: Collection[int] = (),
) -> tuple[Hold, ...]:
    """`requests`: where the words that open a hold were said; `finals` in order of time.

    `missing`: where sound is lost. `thanks`: utterances in which somebody thanks for the wait; by
    the first one after a hold what was not heard of it is known to have been waiting, too.
    """
    asked = sorted(requests)
    by_utterance = {request.utterance: request for request in asked}
    # Whoever cannot be told may be the agent, who is back then.
    agent = [
        final
        for final in finals
        if final.role is Role.AGENT or not is_speaker_known(final.role_confidence)
    ]
    holds: list[Hold] = []
    for request in asked:
        if holds and request.begin_ms < holds[-1].end_ms:
            continue
        back, settled_ms = _return(request, agent, by_utterance)
        end_ms = back.begin_ms if back else duration_ms
        thanked = back is not None and back.id in thanks
        holds.append(
            Hold(
                begin_ms=request.end_ms,
                end_ms=end_ms,
                utterance=request.utterance,
                promised_ms=_promised(request, agent, settled_ms),
                unheard_ms=0 if thanked else _covered_ms(missing, request.end_ms, end_ms),
            )
        )
    return tuple(hold for hold in holds if hold.duration_ms > 0)


def _return(
    request: VoiceSpan, agent: Sequence[Utterance], requests: dict[int | None, VoiceSpan]
) -> tuple[Utterance | None, int]:
    """The agent's first words after it (None: never), and until when words belonged to the request.

    Asking to wait a little longer is no return.
    """
    settled = request.end_ms + SETTLE_MS
    for utterance in agent:
        if utterance.begin_ms < request.end_ms:
            continue
        again = requests.get(utterance.id)
        if again is not None:
            settled = max(settled, again.end_ms + SETTLE_MS)
        elif utterance.begin_ms > settled:
            return utterance, settled
    return None, settled


def _covered_ms(missing: Sequence[Stretch], begin_ms: int, end_ms: int) -> int:
    """How much of a time is without sound, once however many channels lack it."""
    covered, until_ms = 0, begin_ms
    for lost in sorted(missing, key=lambda stretch: stretch.begin_ms):
        first, last = max(lost.begin_ms, until_ms), min(lost.end_ms, end_ms)
        if first < last:
            covered, until_ms = covered + last - first, last
    return covered


def _promised(request: VoiceSpan, agent: Sequence[Utterance], settled_ms: int) -> int | None:
    said = (
        spoken_length_ms(utterance.text)
        for utterance in agent
        if request.begin_ms - _BEFORE_MS <= utterance.begin_ms <= settled_ms
    )
    return max((ms for ms in said if ms is not None), default=None)


def spoken_length_ms(text: str) -> int | None:
    """两三分钟 → 180 000: the longest time that is named, None where there is none."""
    words = re.sub(r"\d{1,4}", lambda digits: spoken(int(digits[0])), text)
    found = (
        _amount(high or low) * _UNIT_MS[unit]
        for low, high, unit in _LENGTH.findall(normalise(words).text)
    )
    return max((round(ms) for ms in found if ms), default=None)


def _amount(number: str) -> float:
    if number == "半":
        return 0.5
    whole = value_of(number)
    # 两三 is no number: the larger of the two is what is promised.
    return float(whole if whole is not None else _ONE_DIGIT.get(number[-1], 0))
