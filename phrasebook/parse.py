"""One line of the pattern language → its tree.

    line     := order                          (no | outside brackets)
    choices  := order ("|" order)*             inside ( ) and [ ]
    order    := sequence ("&"[chars] sequence)*
    sequence := (words | "(" choices ")" | "[" choices "]" | "{" name "}" | gap | quoted)+
    gap      := "..."[chars]

A whole line may begin with ^ and end with $: only where a clause begins, or ends.

Spaces and punctuation between words mean nothing; full-width brackets are the half-width ones. The
tree is canonical: brackets that change nothing leave no trace and neighbouring words are one
`Literal`, so that `parse(unparse(p.root)).root == p.root`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from phrasebook.errors import PatternError
from phrasebook.pattern import (
    DEFAULT_GAP,
    AnyOrder,
    Choice,
    Literal,
    Node,
    Optional_,
    Pattern,
    PatternGap,
    Sequence,
    Slot,
)

MAX_CHARS = 500
MAX_DEPTH = 12
MAX_GAP = 60

_AS_HALF_WIDTH = str.maketrans(
    "（）［］【】｜｛｝＆＂“”０１２３４５６７８９", '()[][]|{}&"""0123456789'
)
_IGNORED = frozenset(",，。?？!！、;；:：\u200b\ufeff")
_PLAIN = re.compile("[\u4e00-\u9fffA-Za-z0-9]+")
"""What needs no second look."""
_SPECIAL = frozenset('()[]{}|&"…')
_CLOSER = {"(": ")", "[": "]"}


@lru_cache(maxsize=20_000)
def parse(text: str) -> Pattern:
    """Read one line as typed; `PatternError` tells the column and what was expected there."""
    source = " ".join(text.split("\n")).strip()
    if not source:
        raise PatternError(1, "the line is empty; expected the words to listen for")
    if len(source) > MAX_CHARS:
        raise PatternError(
            MAX_CHARS + 1, f"the line has {len(source)} characters; at most {MAX_CHARS} may stand"
        )
    opens, closes = source[0] in "^＾", len(source) > 1 and source[-1] in "$＄"
    line = (" " if opens else source[:1]) + (source[1:-1] if closes else source[1:])
    return Pattern(source=source, root=_Line(line).read(), opens=opens, closes=closes)


def is_nullable(node: Node | Sequence) -> bool:
    """Whether nothing at all need be said for it to match."""
    match node:
        case Sequence(items):
            return all(map(is_nullable, items))
        case Choice(branches):
            return any(map(is_nullable, branches))
        case Optional_() | PatternGap():
            return True
        case _:
            return False


class _Part(NamedTuple):
    """A sequence, and where its first and its last item were typed."""

    sequence: Sequence
    first_at: int
    last_at: int


class _Line:
    """A cursor over one line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._chars = text.translate(_AS_HALF_WIDTH)
        self._at = 0
        self._open: list[tuple[str, int]] = []

    def read(self) -> Sequence:
        root = self._order()
        if (found := self._peek()) == "|":
            raise self._error("found '|' outside brackets; expected (甲|乙) or [甲|乙]")
        if found:
            raise self._error(f"found '{found}' that nothing opens; remove it or open it before")
        if is_nullable(root):
            raise PatternError(1, "every part is optional; expected a word that must be said")
        return root

    def _peek(self) -> str:
        """The next character that means something, or "" at the end of the line."""
        while self._at < len(self._chars):
            char = self._chars[self._at]
            if not (char.isspace() or char in _IGNORED or self._is_stray_mark()):
                return char
            self._at += 1
        return ""

    def _is_stray_mark(self) -> bool:
        """A full stop or a slash, unless inside a number or a name such as 3.5, app.com, 24/7."""
        mark = self._chars[self._at]
        if mark not in "./" or self._chars[self._at : self._at + 2] in ("..", "//"):
            return False
        before = self._chars[max(0, self._at - 1) : self._at]
        around = before + self._chars[self._at + 1 : self._at + 2]
        return not (len(around) == 2 and around.isascii() and around.isalnum())

    def _order(self) -> Sequence:
        """A sequence, or several joined by &."""
        parts: list[_Part] = []
        limits: list[int] = []
        while True:
            parts.append(self._sequence())
            if self._peek() != "&":
                break
            self._at += 1
            if (chars := self._number("&")) is not None:
                limits.append(chars)
            if self._peek() == "&":
                raise self._error("found '&' twice; expected words between them")
        if len(parts) > 1 or not self._open:
            for part in parts:
                _refuse_gap_at_edge(part)
        if len(parts) == 1:
            return parts[0].sequence
        for part in parts:
            if is_nullable(part.sequence):
                raise PatternError(
                    part.first_at + 1, "one side of '&' is all optional; expected words there"
                )
        chars = max(limits, default=DEFAULT_GAP)
        return Sequence((AnyOrder(tuple(part.sequence for part in parts), chars),))

    def _sequence(self) -> _Part:
        items: list[Node] = []
        first_at = last_at = -1
        while (char := self._peek()) and char not in "|)]&":
            last_at = self._at
            first_at = last_at if first_at < 0 else first_at
            found = self._one(char)
            if items and isinstance(items[-1], PatternGap) and isinstance(found[0], PatternGap):
                message = "found two gaps in a row; expected words between them"
                raise PatternError(last_at + 1, message)
            for node in found:
                _append(items, node)
        if not items:
            raise self._error(f"found {self._found()}; expected words")
        return _Part(Sequence(tuple(items)), first_at, last_at)

    def _one(self, char: str) -> list[Node]:
        """What stands at the cursor: nodes to be put in a row."""
        match char:
            case "(" | "[":
                return self._bracket()
            case "{":
                return self._slot()
            case "}":
                raise self._error("found '}' that nothing opens; expected {list} around it")
            case '"':
                return self._quoted()
            case "…":
                return self._gap()
            case "." if self._chars.startswith("..", self._at):
                return self._gap()
            case _:
                return self._words()

    def _bracket(self) -> list[Node]:
        opener, begin = self._chars[self._at], self._at
        if len(self._open) == MAX_DEPTH:
            raise self._error(f"brackets are nested deeper than {MAX_DEPTH}; write several lines")
        self._open.append((opener, begin))
        self._at += 1
        branches = [self._order()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._order())
        closer = _CLOSER[opener]
        if self._peek() != closer:
            wanted = f"'{closer}' to close '{opener}' of column {begin + 1}"
            raise self._error(f"found {self._found()}; expected {wanted}")
        self._at += 1
        self._open.pop()
        body = branches[0] if len(branches) == 1 else Sequence((Choice(tuple(branches)),))
        return [Optional_(body)] if opener == "[" else list(body.items)

    def _slot(self) -> list[Node]:
        begin = self._at
        end = self._chars.find("}", begin)
        if end < 0:
            raise self._error("'{' is never closed; expected '}' after the list's name")
        name = self._text[begin + 1 : end].strip()
        if not name or any(char in '{[(|&"' for char in name.translate(_AS_HALF_WIDTH)):
            raise self._error("found no list's name between '{' and '}'; expected such as {百分比}")
        self._at = end + 1
        return [Slot(name)]

    def _quoted(self) -> list[Node]:
        begin = self._at
        end = self._chars.find('"', begin + 1)
        if end < 0:
            raise self._error("a quotation is never closed; expected '\"' or '”'")
        text = self._text[begin + 1 : end].strip()
        if not text:
            raise self._error("found nothing between the quotes; expected the exact words")
        for offset, char in enumerate(self._text[begin:end]):
            self._refuse_control(char, begin + offset)
        self._at = end + 1
        return [Literal(text, phonetic=False)]

    def _gap(self) -> list[Node]:
        begin = self._at
        while self._at < len(self._chars) and self._chars[self._at] in ".…":
            self._at += 1
        mark = self._chars[begin : self._at]
        if "…" not in mark and len(mark) < 3:
            raise PatternError(begin + 1, "found '..'; expected '...' for a gap")
        chars = self._number("...")
        return [PatternGap(DEFAULT_GAP if chars is None else chars)]

    def _number(self, mark: str) -> int | None:
        """The number that touches a gap's mark, such as the 10 of `...10`."""
        begin = self._at
        while self._at < len(self._chars) and self._chars[self._at] in "0123456789":
            self._at += 1
        digits = self._chars[begin : self._at]
        if not digits:
            return None
        if len(digits) > 3 or not 1 <= int(digits) <= MAX_GAP:
            raise PatternError(
                begin + 1,
                f"found {mark}{digits[:8]}; expected 1 to {MAX_GAP} characters"
                f" (a space before the number makes it a word)",
            )
        return int(digits)

    def _words(self) -> list[Node]:
        """Everything up to the next character of the language."""
        words: list[str] = []
        while (char := self._peek()) and char not in _SPECIAL:
            if run := _PLAIN.match(self._chars, self._at):
                words.append(run[0])
                self._at = run.end()
                continue
            if char == "." and self._chars.startswith("..", self._at):
                break
            if self._chars.startswith("//", self._at):
                raise self._error("found '//', which parts alternatives in sheets; expected '/'")
            self._refuse_control(char, self._at)
            words.append(self._text[self._at])
            self._at += 1
        return [Literal("".join(words))]

    def _refuse_control(self, char: str, at: int) -> None:
        if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn"):
            raise PatternError(at + 1, f"found the unprintable character U+{ord(char):04X}")

    def _found(self) -> str:
        char = self._peek()
        return f"'{char}'" if char else "the end of the line"

    def _error(self, message: str) -> PatternError:
        return PatternError(self._at + 1, message)


def _refuse_gap_at_edge(part: _Part) -> None:
    items = part.sequence.items
    for edge, at in ((items[0], part.first_at), (items[-1], part.last_at)):
        if isinstance(edge, PatternGap):
            raise PatternError(at + 1, "a gap stands at an edge; expected words on both sides")


def _append(items: list[Node], node: Node) -> None:
    """Add a node; words touching words become one literal."""
    last = items[-1] if items else None
    if isinstance(node, Literal) and isinstance(last, Literal) and last.phonetic == node.phonetic:
        items[-1] = Literal(last.text + node.text, node.phonetic)
    else:
        items.append(node)
