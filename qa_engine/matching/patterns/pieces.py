"""Pieces: the unbroken runs of characters that patterns are made of, each with how it sounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa_engine.matching.text.characters import SOUND_BASE, Characters, characters


@dataclass(frozen=True, slots=True)
class PatternPiece:
    """Folded characters, their sounds in context, and which of them allow no phonetics."""

    text: str
    sounds: tuple[int, ...]
    literal: tuple[bool, ...] = ()
    """One flag a character; empty when every character may be misheard."""

    def written_as_literal(self, heard: str) -> bool:
        """Whether the literal characters stand in `heard` (same length) as typed."""
        return all(
            a == b or not fixed
            for a, b, fixed in zip(self.text, heard, self.literal, strict=bool(self.literal))
        )


class PieceBook:
    """Gives each distinct piece one number."""

    def __init__(self) -> None:
        self.pieces: list[PatternPiece] = []
        self._number: dict[tuple[str, tuple[bool, ...]], int] = {}
        self._characters = characters()

    def add(self, text: str, literal: tuple[bool, ...] = ()) -> int:
        """The number of this piece, new or known. `text` is folded and not empty."""
        key = (text, literal if any(literal) else ())
        if key not in self._number:
            self._number[key] = len(self.pieces)
            self.pieces.append(PatternPiece(text, read_aloud(text, self._characters), key[1]))
        return self._number[key]


def read_aloud(text: str, table: Characters) -> tuple[int, ...]:
    """The sounds of a phrase, characters with several readings read by the word they are in."""
    sounds = [table.sound_of.get(c, 0) for c in text]
    at = 0
    while at < len(text) - 1:
        for length in range(min(table.longest_word, len(text) - at), 1, -1):
            word = table.words.get(text[at : at + length])
            if word:
                sounds[at : at + length] = word
                at += length - 1
                break
        at += 1
    return tuple(sounds)


def keys(piece: PatternPiece, table: Characters) -> Iterator[str]:
    """The sound strings under which the piece is found: as read, and as its characters look."""
    yield "".join(
        chr(SOUND_BASE + sound) if sound else character
        for sound, character in zip(piece.sounds, piece.text, strict=True)
    )
    yield piece.text.translate(table.sound)
