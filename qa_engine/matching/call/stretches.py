"""One speaker's pieces, read as one: a pause or the other's 嗯 cuts a phrase in two, no sense.

    坐席  ……这个我呢│            │不知道……
    客户              │嗯│

Pieces of one speaker belong together while the pauses between them are at most `PAUSE_MS` and the
other side says no more than a backchannel in between. What a piece is read with follows from the
texts and times of all utterances alone, never from the order in which they arrived.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass

from qa_engine.events import Utterance
from qa_engine.matching.call.revisions import settled_chars

__all__ = ["PAUSE_MS", "StretchWindow", "Stretches"]

PAUSE_MS = 2500
"""The longest pause inside a stretch."""
REACH_CHARS = 24
"""So much of the pieces before and after is read with a piece."""
_BACKCHANNEL = re.compile(
    "(?:嗯|哦|噢|喔|啊|呃|额|哎|唉|诶|欸|哈|对|是|好|行|的|呀|呢|吧|了|是吗|这样|这样啊|没错|可以|明白|知道了|好嘞|ok|喂)*"
)
_SIGNS = re.compile(r"[\s，。！？；、,.!?;…~]+")


@dataclass(frozen=True, slots=True)
class StretchPiece:
    """Characters `begin:end` of an utterance, which stand at `at` in a window's text."""

    utterance: Utterance
    begin: int
    end: int
    at: int


@dataclass(frozen=True, slots=True)
class StretchWindow:
    """A piece and what is read with it: the end of what went before, the beginning of what follows.

    `own` is where the piece's own text begins; `before` is what the other side said last.
    """

    text: str
    own: int
    pieces: tuple[StretchPiece, ...]
    before: str

    @property
    def is_final(self) -> bool:
        return all(piece.utterance.is_final for piece in self.pieces)

    @property
    def settled(self) -> int:
        """How many characters of the text will hardly change any more."""
        for piece in self.pieces:
            spoken = piece.utterance
            settled = settled_chars(spoken.text, spoken.stable_chars, final=spoken.is_final)
            if settled < piece.end:
                return piece.at + max(0, settled - piece.begin)
        return len(self.text)

    def parts(self, begin: int, end: int) -> Iterator[tuple[Utterance, int, int]]:
        """The utterances that `begin:end` of the text lies in, and where in each."""
        for piece in self.pieces:
            left = max(begin, piece.at)
            right = min(end, piece.at + piece.end - piece.begin)
            if left < right:
                shift = piece.begin - piece.at
                yield piece.utterance, left + shift, right + shift


class Stretches:
    """All utterances of a call, in order of time."""

    def __init__(self) -> None:
        self._order: list[tuple[int, int, int]] = []
        self._utterances: dict[int, Utterance] = {}

    def hear(self, utterance: Utterance) -> None:
        """Take the newest text of an utterance; it replaces what was known under its id."""
        old = self._utterances.get(utterance.id)
        if old is None or _place(old) != _place(utterance):
            if old is not None:
                self._order.remove(_place(old))
            insort(self._order, _place(utterance))
        self._utterances[utterance.id] = utterance

    def near(self, utterance: Utterance) -> list[int]:
        """The utterances whose windows this one may change, itself apart."""
        places = self._order
        at = places.index(_place(utterance))
        found = [number for _, _, number in places[max(0, at - _NEAR) : at + _NEAR + 1]]
        return [number for number in found if number != utterance.id]

    def window(self, utterance: Utterance) -> StretchWindow:
        """What the utterance is read with."""
        left = list(self._pieces(utterance, -1))[::-1]
        right = list(self._pieces(utterance, 1))
        spoken = [*left, (utterance, 0, len(utterance.text)), *right]
        pieces, text, own = [], "", 0
        for piece, begin, end in spoken:
            if piece is utterance:
                own = len(text)
            pieces.append(StretchPiece(piece, begin, end, len(text)))
            text += piece.text[begin:end]
        return StretchWindow(text, own, tuple(pieces), self._said_before(utterance))

    def _pieces(self, utterance: Utterance, step: int) -> Iterator[tuple[Utterance, int, int]]:
        """The pieces before (-1) or after (1), nearest first, as far as they are read."""
        if not utterance.text or not utterance.intelligible:
            return
        room, last = REACH_CHARS, utterance
        for other in self._others(utterance, step):
            if other.role is not utterance.role:
                if not is_backchannel(other.text):
                    return
                continue
            pause_ms = last.begin_ms - other.end_ms if step < 0 else other.begin_ms - last.end_ms
            if pause_ms > PAUSE_MS or not other.intelligible:
                return
            size = len(other.text)
            yield (other, max(0, size - room), size) if step < 0 else (other, 0, min(size, room))
            room, last = room - size, other
            if room <= 0:
                return

    def _others(self, utterance: Utterance, step: int) -> Iterator[Utterance]:
        at = self._order.index(_place(utterance)) + step
        while 0 <= at < len(self._order):
            other = self._utterances[self._order[at][2]]
            if other.text.strip():
                yield other
            at += step

    def _said_before(self, utterance: Utterance) -> str:
        for other in self._others(utterance, -1):
            if other.role is not utterance.role and not is_backchannel(other.text):
                return other.text
        return ""


_NEAR = 6
"""Utterances this many places apart have nothing of each other in their windows."""


def is_backchannel(text: str) -> bool:
    """嗯, 对, 好的: heard, but not a turn."""
    return bool(_BACKCHANNEL.fullmatch(_SIGNS.sub("", text).lower()))


def _place(utterance: Utterance) -> tuple[int, int, int]:
    return utterance.begin_ms, utterance.channel, utterance.id
