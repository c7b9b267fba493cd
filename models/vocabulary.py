"""A Whisper model's own tokens: its prompt, and the characters that its tokens spell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import CorruptModel

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["TokenPiece", "Vocabulary"]

_SPECIAL = re.compile(r"<\|[^|]*\|>")
_MOST_EXPECTED = 200
"""Tokens of hotwords: with them in front, a transcript must still fit into Whisper's 448."""
_LATIN_OR_DIGIT = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class TokenPiece:
    """A stretch of text that some tokens spell together: one character, or a Latin word."""

    text: str
    first_token: int
    end_token: int
    """One past the last."""


class Vocabulary:
    """`tokenizer.json` of a model directory."""

    def __init__(self, tokenizer: Tokenizer, path: Path) -> None:
        self._tokenizer = tokenizer
        self._path = path

    @classmethod
    def load(cls, directory: Path) -> Vocabulary:
        """Raises `CorruptModel`."""
        from tokenizers import Tokenizer

        path = directory / "tokenizer.json"
        try:
            return cls(Tokenizer.from_file(str(path)), path)
        # The tokenizers library raises bare `Exception` for a file it cannot use.
        except Exception as error:
            raise CorruptModel(path, "a tokenizer that cannot be read", "a tokenizer") from error

    def prompt(self, *, language: bool = True) -> list[int]:
        """What a Mandarin transcription without timestamps starts from.

        A model that has no language tokens is prompted without them, as is one that knows
        Mandarin only (`language` False). Raises `CorruptModel`.
        """
        first = self._tokenizer.token_to_id("<|startoftranscript|>")
        last = self._tokenizer.token_to_id("<|notimestamps|>")
        if first is None or last is None:
            raise CorruptModel(self._path, "no <|startoftranscript|>", "a Whisper tokenizer")
        asked = ("<|zh|>", "<|transcribe|>") if language else ()
        between = [self._tokenizer.token_to_id(token) for token in asked]
        return [first, *(token for token in between if token is not None), last]

    def expecting(self, hotwords: str) -> list[int]:
        """Hotwords as Whisper takes them, for before its prompt: as if they had been said before.

        Empty for no words, and for a model without the token that says "before".
        """
        before = self._tokenizer.token_to_id("<|startofprev|>")
        if before is None or not hotwords.strip():
            return []
        words = self._tokenizer.encode(" " + hotwords.strip(), add_special_tokens=False).ids
        return [before, *words[:_MOST_EXPECTED]]

    @cached_property
    def end(self) -> int:
        """The token that ends a transcript. Raises `CorruptModel`."""
        token = self._tokenizer.token_to_id("<|endoftext|>")
        if token is None:
            raise CorruptModel(self._path, "no <|endoftext|>", "a Whisper tokenizer")
        return int(token)

    @cached_property
    def _specials(self) -> frozenset[int]:
        """Control tokens, whether the file lists them as added or among the words."""
        added = json.loads(self._path.read_text(encoding="utf-8")).get("added_tokens", ())
        listed = {int(token["id"]) for token in added if token["special"]}
        everything = self._tokenizer.get_vocab(with_added_tokens=True).items()
        return frozenset(listed.union(i for name, i in everything if _SPECIAL.fullmatch(name)))

    def spoken(self, tokens: list[int]) -> list[int]:
        """`tokens` without the control tokens, and without those that the file does not know."""
        size = self._tokenizer.get_vocab_size(with_added_tokens=True)
        return [token for token in tokens if token < size and token not in self._specials]

    def text(self, tokens: list[int]) -> str:
        """What the tokens spell, timestamps and other special ones left out."""
        return self._tokenizer.decode(tokens, skip_special_tokens=True)

    def pieces(self, tokens: list[int], *, whole: bool = True) -> list[TokenPiece]:
        """The text of spoken `tokens` as characters and Latin words; together they spell it all.

        `whole` False: letters and digits stay as their tokens have them, for whoever may have to
        part a run of them.

        A character may take several tokens, and a token may hold several characters: each
        character of such a token is a piece over the same token.
        """
        pieces: list[TokenPiece] = []
        first = 0
        for end in range(1, len(tokens) + 1):
            text = self.text(tokens[first:end])
            if "\ufffd" in text and end < len(tokens):
                continue
            for character in text:
                _append(pieces, TokenPiece(character, first, end), whole=whole)
            first = end
        return pieces


def _append(pieces: list[TokenPiece], piece: TokenPiece, *, whole: bool) -> None:
    last = pieces[-1] if pieces else None
    joins = (
        last is not None
        and (whole or last.end_token > piece.first_token)
        and _LATIN_OR_DIGIT.match(piece.text)
        and _LATIN_OR_DIGIT.match(last.text[-1])
    )
    if last is not None and joins:
        pieces[-1] = TokenPiece(last.text + piece.text, last.first_token, piece.end_token)
    else:
        pieces.append(piece)
