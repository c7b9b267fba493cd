"""Personal numbers over the turns of a call: dictated in pieces, or given in answer to a question.

A caller says 幺三八, breathes, says 零零一三; another only says 四八二九, because the agent has
asked for the code. Neither piece tells by itself what it is, so each speaker's turns are read as
one text, with what the other one asked before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_engine.privacy.digits import ends_with_digit, starts_with_digit
from qa_engine.privacy.redact import Finding, find

_WALL = "\x00"
"""No number reaches over it, but what was said before it is still heard."""
_QUESTION_CHARS = 12
_ASIDE_CHARS = 8
"""嗯，您说: the other one may say so much without breaking a number off."""


@dataclass(frozen=True, slots=True)
class Line:
    """One turn; `speaker` is any name that is the same for the same person."""

    speaker: str
    text: str


def mask_lines(lines: Sequence[Line]) -> list[str]:
    """Each text with `*` for each character of a personal number: lengths and offsets hold."""
    return [
        "".join(
            "*" if any(f.begin <= i < f.end for f in found) else character
            for i, character in enumerate(line.text)
        )
        for line, found in zip(lines, find_in_lines(lines), strict=True)
    ]


def find_in_lines(lines: Sequence[Line]) -> list[list[Finding]]:
    """The personal numbers of each line, in order; a number may go on in the next line."""
    found: list[list[Finding]] = [find(line.text) if line.text else [] for line in lines]
    for speaker in dict.fromkeys(line.speaker for line in lines):
        text, places = _monologue(lines, speaker)
        for finding in find(text):
            for number, begin in places:
                end = begin + len(lines[number].text)
                if finding.begin < end and finding.end > begin:
                    cut = (max(finding.begin, begin) - begin, min(finding.end, end) - begin)
                    found[number].append(Finding(*cut, finding.kind))
    return [sorted(each, key=lambda finding: finding.begin) for each in found]


def _monologue(lines: Sequence[Line], speaker: str) -> tuple[str, list[tuple[int, int]]]:
    """All of one speaker's lines as one text, and where in it each line begins."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    last, between = "", ""
    for number, line in enumerate(lines):
        if line.speaker != speaker:
            between += line.text
            continue
        goes_on = ends_with_digit(last) and starts_with_digit(line.text)
        if goes_on and _is_aside(between):
            gap = "，"
        else:
            gap = f"{_WALL}{between[-_QUESTION_CHARS:]}{_WALL}"
        parts += (gap, line.text)
        length += len(gap)
        places.append((number, length))
        length += len(line.text)
        last, between = line.text, ""
    return "".join(parts), places


def _is_aside(text: str) -> bool:
    """A nod, or the piece said back: neither ends the number."""
    return len(text) <= _ASIDE_CHARS
