"""The parts of a whole call: from sounds, utterances and holds to its stretches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.rules.counting import is_speaker_known

__all__ = ["signals", "stretches_of"]

_REPEATS_MS = 6_000
"""Ring-back and busy tones come again this soon."""
_LONG_TONE_MS = 700
"""A single tone of this length is one; a shorter one alone may be a sung syllable."""
_JOIN_SPEECH_MS = 1_500
_SILENCE_MS = 2_000
_MOST_OVERLAP_MS = 1_500
_TOUCHING_MS = 150

_SPOKEN = {Role.AGENT: StretchKind.AGENT, Role.CUSTOMER: StretchKind.CUSTOMER}


def signals(sounds: Iterable[Stretch]) -> list[Stretch]:
    """The network's tones, each with its pauses as one stretch."""
    joined: list[Stretch] = []
    counts: list[int] = []
    tones = sorted(
        (sound for sound in sounds if sound.kind is StretchKind.RING),
        key=lambda tone: (tone.channel or 0, tone.begin_ms),
    )
    for tone in tones:
        last = joined[-1] if joined else None
        if last and last.channel == tone.channel and tone.begin_ms - last.end_ms <= _REPEATS_MS:
            joined[-1] = replace(last, end_ms=max(last.end_ms, tone.end_ms))
            counts[-1] += 1
        else:
            joined.append(tone)
            counts.append(1)
    return [
        tone
        for tone, count in zip(joined, counts, strict=True)
        if count > 1 or tone.end_ms - tone.begin_ms >= _LONG_TONE_MS
    ]


def stretches_of(
    utterances: Sequence[Utterance],
    sounds: Sequence[Stretch],
    holds: Iterable[tuple[int, int]],
    duration_ms: int,
) -> tuple[Stretch, ...]:
    """What the call is made of, in order of time; stretches of two channels may overlap.

    `holds`: begin and end in ms. A silence is where nothing else is.
    """
    found = [*_split(signals(sounds), utterances)]
    found += [sound for sound in sounds if sound.kind is StretchKind.MUSIC]
    found += [
        replace(sound, end_ms=min(sound.end_ms, duration_ms))
        for sound in sounds
        if sound.kind is StretchKind.MISSING and sound.begin_ms < duration_ms
    ]
    found += _spoken(utterances)
    found += _unspoken(sounds, utterances)
    found += [Stretch(kind=StretchKind.HOLD, begin_ms=begin, end_ms=end) for begin, end in holds]
    found += _silences(found, duration_ms)
    found = _overlaps(found)
    return tuple(sorted(found, key=lambda s: (s.begin_ms, s.end_ms, s.kind, s.channel or 0)))


def _split(rings: Iterable[Stretch], utterances: Sequence[Utterance]) -> Iterable[Stretch]:
    """A signal goes on in its pauses, but not while somebody speaks on its channel."""
    for ring in rings:
        begin = ring.begin_ms
        own = (u for u in utterances if u.channel == ring.channel)
        for spoken in sorted(own, key=lambda u: u.begin_ms):
            if spoken.end_ms <= begin or spoken.begin_ms >= ring.end_ms:
                continue
            if spoken.begin_ms > begin:
                yield replace(ring, begin_ms=begin, end_ms=spoken.begin_ms)
            begin = max(begin, spoken.end_ms)
        if begin < ring.end_ms:
            yield replace(ring, begin_ms=begin)


def _unspoken(sounds: Iterable[Stretch], utterances: Sequence[Utterance]) -> Iterable[Stretch]:
    """Known recordings of which the recogniser made no word."""
    for sound in sounds:
        own = [u for u in utterances if u.channel == sound.channel]
        if sound.kind is StretchKind.RECORDED and not any(
            u.begin_ms < sound.end_ms and u.end_ms > sound.begin_ms for u in own
        ):
            yield replace(sound, kind=StretchKind.IVR)


def _spoken(utterances: Sequence[Utterance]) -> Iterable[Stretch]:
    open_: dict[tuple[StretchKind, int], Stretch] = {}
    for said in sorted(utterances, key=lambda u: (u.begin_ms, u.id)):
        kind = said.recorded or _speaker(said)
        key = kind, said.channel
        last = open_.get(key)
        if last and said.begin_ms - last.end_ms <= _JOIN_SPEECH_MS:
            open_[key] = replace(last, end_ms=max(last.end_ms, said.end_ms))
            continue
        if last:
            yield last
        open_[key] = Stretch(
            kind=kind, channel=said.channel, begin_ms=said.begin_ms, end_ms=said.end_ms
        )
    yield from open_.values()


def _speaker(said: Utterance) -> StretchKind:
    known = is_speaker_known(said.role_confidence)
    return _SPOKEN[said.role] if known else StretchKind.UNKNOWN


def _overlaps(found: Sequence[Stretch]) -> list[Stretch]:
    """A moment of an unknown speaker where one person hands over to the other is both at once."""
    sides = (StretchKind.AGENT, StretchKind.CUSTOMER)
    ends = {(s.channel, s.end_ms): s.kind for s in found if s.kind in sides}
    begins = {(s.channel, s.begin_ms): s.kind for s in found if s.kind in sides}

    def both(moment: Stretch) -> bool:
        here = moment.channel
        before = [k for (c, at), k in ends.items() if c == here and _near(at, moment.begin_ms)]
        after = [k for (c, at), k in begins.items() if c == here and _near(at, moment.end_ms)]
        return any(one is not other for one in before for other in after)

    return [
        replace(one, kind=StretchKind.OVERLAP)
        if one.kind is StretchKind.UNKNOWN
        and one.end_ms - one.begin_ms <= _MOST_OVERLAP_MS
        and both(one)
        else one
        for one in found
    ]


def _near(one_ms: int, other_ms: int) -> bool:
    return abs(one_ms - other_ms) <= _TOUCHING_MS


def _silences(others: Iterable[Stretch], duration_ms: int) -> list[Stretch]:
    heard_until = 0
    found: list[Stretch] = []
    ends = Stretch(kind=StretchKind.SILENCE, begin_ms=duration_ms, end_ms=duration_ms)
    for stretch in (*sorted(others, key=lambda s: s.begin_ms), ends):
        if stretch.begin_ms - heard_until >= _SILENCE_MS:
            found.append(
                Stretch(kind=StretchKind.SILENCE, begin_ms=heard_until, end_ms=stretch.begin_ms)
            )
        heard_until = max(heard_until, stretch.end_ms)
    return found
