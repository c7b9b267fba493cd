"""What the two voices of a call did: who spoke, when, how much, over whom, and who was silent.

Pure questions about final utterances, answered from their times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa_engine.anatomy import Stretch
from qa_engine.events import Role, Utterance

PAUSE_MS = 1_000
"""A pause up to this long belongs to speaking, as a listener hears it; a longer one does not."""

TURN_GAP_MS = 4_000
"""Silence that ends a turn even if the same person goes on."""

LEAD_MS = 300
"""Two people who start within this time started together: nobody interrupted."""

_SPOKEN = re.compile(r"[㐀-鿿]|[0-9]|[A-Za-z]+")
_BACKCHANNEL = re.compile(
    r"^(?:[嗯啊哦噢喔呃诶哎唉对是好行的了吧嘛呢您请]|明白|可以|没错|谢谢|您好|OK|ok)*$"
)
_MARKS = re.compile(r"[\s，。？！、；：,.?!;:…—-]+")


@dataclass(frozen=True, slots=True, order=True)
class VoiceSpan:
    """A stretch of the call; `utterance` where one utterance is the evidence."""

    begin_ms: int
    end_ms: int
    utterance: int | None = None

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.begin_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one person said before the other really answered."""

    role: Role
    begin_ms: int
    end_ms: int
    utterances: tuple[Utterance, ...]

    @property
    def text(self) -> str:
        return "".join(utterance.text for utterance in self.utterances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Both spoke; `by` began second."""

    begin_ms: int
    end_ms: int
    by: Role
    utterance: int


def by_time(utterance: Utterance) -> tuple[int, int]:
    """Key to sort by: the beginning, then the id."""
    return utterance.begin_ms, utterance.id


def characters(text: str) -> int:
    """字数: Han characters and digits one each, a Latin word one; punctuation is not spoken."""
    return len(_SPOKEN.findall(text))


def is_backchannel(text: str) -> bool:
    """嗯, 好的, 明白: shows that one listens, and takes nobody's turn."""
    bare = _MARKS.sub("", text)
    return len(bare) <= 4 and _BACKCHANNEL.match(bare) is not None


def speaking_ms(utterance: Utterance) -> int:
    """Time spent speaking: an utterance without its inner pauses, where word times are known."""
    if not utterance.words:
        return utterance.end_ms - utterance.begin_ms
    total = 0
    last_end: int | None = None
    for word in utterance.words:
        begin = word.begin_ms
        if last_end is not None and 0 < begin - last_end <= PAUSE_MS:
            begin = last_end
        total += max(0, word.end_ms - max(begin, last_end or 0))
        last_end = max(word.end_ms, last_end or 0)
    return total


def silences(
    utterances: Iterable[Utterance], duration_ms: int, signals: Iterable[Stretch] = ()
) -> Iterator[VoiceSpan]:
    """Gaps after the first word in which nobody speaks and no tone of the network (`signals`)
    sounds."""
    heard_until: int | None = None
    sounding = [(signal.begin_ms, signal.end_ms, False) for signal in signals]
    sounding += [(said.begin_ms, said.end_ms, True) for said in utterances]
    for begin_ms, end_ms, voice in sorted(sounding):
        if heard_until is None and not voice:
            continue
        if heard_until is not None and begin_ms > heard_until:
            yield VoiceSpan(heard_until, begin_ms)
        heard_until = max(heard_until or 0, end_ms)
    if heard_until is not None and duration_ms > heard_until:
        yield VoiceSpan(heard_until, duration_ms)


def overlaps(utterances: Iterable[Utterance]) -> Iterator[Overlap]:
    """Every pair of utterances of different people that share time."""
    open_: list[Utterance] = []
    for second in sorted(utterances, key=by_time):
        open_ = [first for first in open_ if first.end_ms > second.begin_ms]
        for first in open_:
            if first.role is not second.role:
                yield Overlap(
                    begin_ms=second.begin_ms,
                    end_ms=min(first.end_ms, second.end_ms),
                    by=second.role,
                    utterance=second.id,
                )
        open_.append(second)


def interruptions(utterances: Sequence[Utterance], overlap_ms: int) -> list[VoiceSpan]:
    """Where the agent began while the customer was speaking and both went on for `overlap_ms`."""
    by_id = {utterance.id: utterance for utterance in utterances}
    found: dict[int, VoiceSpan] = {}
    customer = [u for u in utterances if u.role is Role.CUSTOMER]
    for overlap in overlaps(utterances):
        if overlap.by is not Role.AGENT or overlap.end_ms - overlap.begin_ms < overlap_ms:
            continue
        if is_backchannel(by_id[overlap.utterance].text):
            continue
        if any(abs(u.begin_ms - overlap.begin_ms) < LEAD_MS for u in customer):
            continue
        found.setdefault(
            overlap.utterance, VoiceSpan(overlap.begin_ms, overlap.end_ms, overlap.utterance)
        )
    return sorted(found.values())


def turns(utterances: Iterable[Utterance]) -> Iterator[Turn]:
    """Turns in order of time; 嗯嗯 from the other side does not end one."""
    run: list[Utterance] = []
    for utterance in sorted(utterances, key=by_time):
        if run and utterance.role is not run[-1].role and is_backchannel(utterance.text):
            continue
        gap = utterance.begin_ms - max((u.end_ms for u in run), default=0)
        if run and (utterance.role is not run[-1].role or gap > TURN_GAP_MS):
            yield _turn(run)
            run = []
        run.append(utterance)
    if run:
        yield _turn(run)


def _turn(run: Sequence[Utterance]) -> Turn:
    return Turn(
        role=run[0].role,
        begin_ms=run[0].begin_ms,
        end_ms=max(utterance.end_ms for utterance in run),
        utterances=tuple(run),
    )
