"""Which utterances are a recorded voice's: announcements, menus, queue prompts.

Told by their words, which stand in the phrasebook, and by where they stand: what is said before a
menu or a ring, until two people speak, belongs to it. Such an utterance is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from phrasebook.model import Entry, Phrasebook, Where
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.matching.matcher import Matcher

__all__ = ["RecordedVoices", "SoundMark", "recorded", "recorded_voices", "with_repeated"]

_LEAD_SPEECH_MS = 12_000
"""So much speech without a recorded voice's words: the call has begun."""
_TAIL_SPEECH_MS = 4_000
"""After a survey's menu hardly anything follows."""
_MOSTLY = 0.7
_ANSWER_MS = 500
"""So much of the other side's speech is an answer."""


@dataclass(frozen=True, slots=True)
class SoundMark:
    """A recorded voice's words in an utterance; `alone`: nobody else ever says them."""

    kind: StretchKind
    alone: bool


class RecordedVoices:
    """Knows recorded voices by their words; immutable, shared by all calls."""

    def __init__(self, phrasebook: Phrasebook, kind: type[Matcher] = Matcher) -> None:
        names = phrasebook.anatomy
        self._marks = {
            names.announcement: SoundMark(StretchKind.ANNOUNCEMENT, alone=True),
            names.queue: SoundMark(StretchKind.IVR, alone=True),
            names.ivr: SoundMark(StretchKind.IVR, alone=False),
        }
        entries = tuple(
            Entry(id=name, title=name, say=phrasebook.lists[name], where=Where(path="", line=0))
            for name in self._marks
            if phrasebook.lists.get(name)
        )
        book = Phrasebook(name="", version="", entries=entries, lists=phrasebook.lists)
        self._matcher = kind(book) if entries else None

    def mark(self, text: str) -> SoundMark | None:
        """What the words say; the surest where several stand there."""
        if self._matcher is None or not text:
            return None
        owners = {match.owner for match in self._matcher.find(text)}
        return next((mark for name, mark in self._marks.items() if name in owners), None)


_COMPILED: WeakKeyDictionary[Matcher, RecordedVoices] = WeakKeyDictionary()


def recorded_voices(matcher: Matcher, phrasebook: Phrasebook) -> RecordedVoices:
    """Compiled once for all the calls that share a matcher."""
    found = _COMPILED.get(matcher)
    if found is None:
        found = _COMPILED[matcher] = RecordedVoices(phrasebook, type(matcher))
    return found


def with_repeated(
    finals: Sequence[Utterance], marks: Mapping[int, SoundMark], sounds: Sequence[Stretch]
) -> dict[int, SoundMark]:
    """`marks`, and one for each utterance that lies in a voice's repeated words (`sounds`, IVR)
    or in a recording that the site knows (RECORDED), which nobody but it ever says.

    It is the kind that any of those words say; where they say nothing, what follows a tone of the
    network is the carrier's.
    """
    found = dict(marks)
    for channel in {final.channel for final in finals}:
        here = [s for s in sounds if s.channel == channel]
        known = [s for s in here if s.kind is StretchKind.RECORDED]
        again = [s for s in here if s.kind is StretchKind.IVR]
        sure = {f.id for f in finals if f.channel == channel and _covered(f, known)}
        own = [f for f in finals if f.channel == channel and (f.id in sure or _covered(f, again))]
        told = [marks[final.id].kind for final in own if final.id in marks]
        tones = [s.begin_ms for s in sounds if s.kind is StretchKind.RING]
        for final in own:
            rang = any(begin_ms < final.begin_ms for begin_ms in tones)
            kind = StretchKind.ANNOUNCEMENT if rang else StretchKind.IVR
            kind = marks[final.id].kind if final.id in marks else told[0] if told else kind
            if final.id in sure:
                found[final.id] = SoundMark(kind, alone=True)
            found.setdefault(final.id, SoundMark(kind, alone=False))
    return found


def _covered(final: Utterance, again: Sequence[Stretch]) -> bool:
    """Most of it is in one of the stretches: a person's words beside them are not."""
    length = max(1, final.end_ms - final.begin_ms)
    inside = (min(final.end_ms, s.end_ms) - max(final.begin_ms, s.begin_ms) for s in again)
    return max(inside, default=0) >= _MOSTLY * length


def recorded(
    finals: Sequence[Utterance],
    marks: Mapping[int, SoundMark],
    rings: Sequence[Stretch],
    *,
    ended: bool = False,
) -> dict[int, StretchKind]:
    """The utterances that are a recorded voice's, by id.

    `finals` in order of time; `marks`: what their words say; `rings`: tones of the network.
    `ended`: nothing follows, so that what stands last is the end of the call.
    """
    found = {id_: mark.kind for id_, mark in marks.items() if mark.alone}
    for channel in sorted({final.channel for final in finals}):
        own = [final for final in finals if final.channel == channel]
        others = [final for final in finals if final.channel != channel and final.id not in marks]
        ends = [] if others and own[0].role is Role.CUSTOMER else [ring.end_ms for ring in rings]
        lead = own[: _lead(own, others, marks, ends)]
        found |= _kinds(lead, marks)
        found |= _kinds(_tail(own, marks) if ended else [], marks)
    return found


def _kinds(block: Sequence[Utterance], marks: Mapping[int, SoundMark]) -> dict[int, StretchKind]:
    """What bears no words of its own is what the next words say, or else those before it."""
    kinds: dict[int, StretchKind] = {}
    last = next((marks[f.id].kind for f in block if f.id in marks), StretchKind.IVR)
    for number, final in enumerate(block):
        following = next((marks[f.id].kind for f in block[number:] if f.id in marks), last)
        last = kinds[final.id] = following
    return kinds


def _lead(
    own: Sequence[Utterance],
    others: Sequence[Utterance],
    marks: Mapping[int, SoundMark],
    ring_ends: Sequence[int],
) -> int:
    """How many utterances of a channel come before people speak to each other."""
    lead = 0
    unmarked_ms = 0
    for number, final in enumerate(own):
        before = own[number - 1].begin_ms if number else -1
        if any(before < end <= final.begin_ms for end in ring_ends):
            lead, unmarked_ms = number, 0
        mark = marks.get(final.id)
        if mark and (mark.alone or lead or not _answered(own[:number], others, final.begin_ms)):
            lead, unmarked_ms = number + 1, 0
            continue
        unmarked_ms += final.end_ms - final.begin_ms
        if unmarked_ms > _LEAD_SPEECH_MS:
            break
    return lead


def _answered(said: Sequence[Utterance], others: Sequence[Utterance], until_ms: int) -> bool:
    """The other side has answered what was said."""
    if not said:
        return False
    began = said[0].begin_ms
    answer = (o.end_ms - o.begin_ms for o in others if began < o.begin_ms < until_ms)
    return sum(answer) >= _ANSWER_MS


def _tail(own: Sequence[Utterance], marks: Mapping[int, SoundMark]) -> list[Utterance]:
    """A menu at the very end, such as the survey after the agent has gone."""
    unmarked_ms = 0
    tail: list[Utterance] = []
    for final in reversed(own):
        if final.id in marks:
            tail.append(final)
            unmarked_ms = 0
            continue
        unmarked_ms += final.end_ms - final.begin_ms
        if unmarked_ms > _TAIL_SPEECH_MS:
            break
    return tail[::-1]
