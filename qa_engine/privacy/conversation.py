"""Personal numbers over the turns of a call: dictated in pieces, said back, or given in answer.

A caller says 幺三八, breathes, says 后面是零零一三; the agent says each piece back; another only
says 四八二九, because the agent has asked for the code. No piece tells by itself what it is: each
speaker's turns are read as one text, with what the other one asked before them, and then both
speakers' as one, for a number that one begins and the other ends. What is spelled (zhangsan / 嗯 /
艾特一六三点 com) is read without the breaths between its pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qa_engine.privacy.around import WALL
from qa_engine.privacy.digits import SPOKEN, digit_runs, ends_with_digit, starts_with_digit
from qa_engine.privacy.handles import SPELLED, goes_on_spelling
from qa_engine.privacy.names import names
from qa_engine.privacy.redact import DataKind, PersonalData, find

_QUESTION_CHARS = 30
_ASIDE_CHARS = 24
"""嗯，好的您继续: so much may be said, digits apart, without breaking a number off."""
_NOTHING_CHARS = 8
"""哎好, 听得到: what the same speaker may say in between."""
_LONG = 7
"""Digits from which a number is one that somebody may say back in parts."""
_SHORTEST = 3
_LEAD = re.compile(
    r"(?:[\s，,。、嗯呃啊哦]|对的?|好的?|不对|错了|那个|然后|接着|接下来|后面|后边|中间|前面|最后|末尾|还有|剩下|继续|再)*"
    r"(?:的|几位|[两二三四五六]位|就?是|为)*[\s，,：:]*"
)
_TAIL = re.compile(
    r"(?:[\s，,。、！!？?嗯呃啊哦]|对[吧吗]?|是[吧吗]|好了|没错|完了|这是|[前后]面?[几两三四五六]位|您?记一?下"
    r"|开头的?[吗吧]?|(?:让?我|您)?(?:想想|看看|找找|等等|等一下|稍等))*$"
)


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One turn; `speaker` is any name that is the same for the same person."""

    speaker: str
    text: str
    staff: bool = False
    """Says their own name because they have to: it stays."""


@dataclass(slots=True)
class _Joined:
    """Pieces of several lines as one text, and where each character was said."""

    text: str = ""
    places: list[tuple[int, int] | None] = field(default_factory=list)

    def add(self, text: str, number: int, begin: int) -> None:
        self.text += text
        self.places += [(number, begin + i) for i in range(len(text))]

    def gap(self, text: str) -> None:
        self.text += text
        self.places += [None] * len(text)

    def spans(self, finding: PersonalData) -> dict[int, tuple[int, int]]:
        """Line → begin and end of a finding's part in it."""
        found: dict[int, tuple[int, int]] = {}
        for place in self.places[finding.begin : finding.end]:
            if place is not None:
                number, at = place
                begin, end = found.get(number, (at, at + 1))
                found[number] = (min(begin, at), max(end, at + 1))
        return found


def mask_lines(lines: Sequence[ConversationLine], known: Sequence[str] = ()) -> list[str]:
    """Each text with `*` for each character of a personal number or a name: offsets hold.

    `known`: people's names in the record of the call.
    """
    return [
        "".join(
            "*" if any(f.begin <= i < f.end for f in found) else character
            for i, character in enumerate(line.text)
        )
        for line, found in zip(lines, find_in_lines(lines, known), strict=True)
    ]


def find_in_lines(
    lines: Sequence[ConversationLine], known: Sequence[str] = ()
) -> list[list[PersonalData]]:
    """The personal numbers and names of each line, in order; one may go on in the next line."""
    found: list[list[PersonalData]] = [find(line.text) if line.text else [] for line in lines]
    for number, span in _names(lines, known):
        found[number].append(PersonalData(*span, DataKind.NAME))
    for number, part in _spelled(lines):
        found[number].append(part)
    for speaker in dict.fromkeys(line.speaker for line in lines):
        joined = _monologue(lines, speaker)
        for finding in find(joined.text):
            spans = joined.spans(finding)
            for number, span in spans.items():
                found[number].append(PersonalData(*span, finding.kind))
            digits = _digits(joined.text[finding.begin : finding.end])
            whole = finding.kind in _SHORT
            for number, echo in _echoes(lines, spans, speaker, digits, whole=whole):
                found[number].append(PersonalData(*echo, finding.kind))
    for joined in _handed_over(lines):
        for finding in find(joined.text):
            spans = joined.spans(finding)
            if len(spans) > 1 and finding.kind in _BY_FORM:
                for number, span in spans.items():
                    found[number].append(PersonalData(*span, finding.kind))
    return [sorted(set(each), key=lambda finding: finding.begin) for each in found]


_SHORT = (DataKind.CODE, DataKind.PLATE)
"""Said back as one piece: its last digits suffice to know it by."""
_BY_FORM = (DataKind.PHONE, DataKind.ID_CARD, DataKind.BANK_CARD)


def _monologue(lines: Sequence[ConversationLine], speaker: str) -> _Joined:
    """All of one speaker's lines as one text."""
    joined = _Joined()
    last, between = "", ""
    for number, line in enumerate(lines):
        if line.speaker != speaker:
            between += line.text
            continue
        if _says_nothing(line.text) and ends_with_digit(_without_tail(last)):
            between += line.text
            continue
        goes_on = ends_with_digit(_without_tail(last)) and starts_with_digit(_piece(line.text)[1])
        if goes_on and _is_aside(between):
            joined.gap("，")
            begin, text = _piece(line.text)
        else:
            joined.gap(f"{WALL}{between[-_QUESTION_CHARS:]}{WALL}")
            begin, text = 0, line.text
        rest = _without_tail(text) if ends_with_digit(_without_tail(text)) else text
        joined.add(rest, number, begin)
        last, between = text, ""
    return joined


def _handed_over(lines: Sequence[ConversationLine]) -> Iterator[_Joined]:
    """Lines of both speakers where one goes on with digits right after the other's."""
    joined, last = _Joined(), ""
    for number, line in enumerate(lines):
        if _says_nothing(line.text):
            continue
        begin, text = _piece(line.text)
        if ends_with_digit(_without_tail(last)) and starts_with_digit(text):
            joined.gap("，")
        else:
            yield joined
            joined, begin, text = _Joined(), 0, line.text
        joined.add(_without_tail(text), number, begin)
        last = line.text
    yield joined


def _names(
    lines: Sequence[ConversationLine], known: Sequence[str]
) -> Iterator[tuple[int, tuple[int, int]]]:
    asked = ""
    for number, line in enumerate(lines):
        said = names(line.text, known=known, asked=asked, introduces=not line.staff)
        yield from ((number, span) for span in said)
        asked = line.text if line.staff else ""


_IN_PIECES = (DataKind.EMAIL, DataKind.CONTACT, DataKind.PASSPORT, DataKind.ADDRESS)


def _spelled(lines: Sequence[ConversationLine]) -> Iterator[tuple[int, PersonalData]]:
    """What is not only digits and several turns long, and its pieces that are said back."""
    for speaker in dict.fromkeys(line.speaker for line in lines):
        joined, between = _Joined(), ""
        for number, line in enumerate(lines):
            if line.speaker != speaker:
                between += line.text
                continue
            begin = goes_on_spelling(line.text)
            if begin is None or not _is_nod_or_echo(between, joined.text):
                joined.gap(WALL)
                begin = 0
            joined.add(_without_tail(line.text[begin:]), number, begin)
            between = ""
        for finding in find(joined.text):
            spans = joined.spans(finding)
            if len(spans) > 1 and finding.kind in _IN_PIECES:
                parts = [*spans.items(), *_said_back(lines, spans, speaker)]
                yield from ((number, PersonalData(*part, finding.kind)) for number, part in parts)


def _said_back(
    lines: Sequence[ConversationLine], spans: dict[int, tuple[int, int]], speaker: str
) -> Iterator[tuple[int, tuple[int, int]]]:
    pieces = {lines[number].text[begin:end].strip() for number, (begin, end) in spans.items()}
    for number in range(min(spans), min(max(spans) + 2, len(lines))):
        for piece in pieces if lines[number].speaker != speaker else ():
            at = lines[number].text.find(piece)
            if at >= 0 and len(piece) >= _SHORTEST:
                yield number, (at, at + len(piece))


def _is_nod_or_echo(between: str, before: str) -> bool:
    """Nothing that the other one says of their own, beside what was just spelled."""
    said = SPELLED.findall(before)
    return len(between.replace(said[-1].strip(), "") if said else between) <= _ASIDE_CHARS


def _echoes(
    lines: Sequence[ConversationLine],
    spans: dict[int, tuple[int, int]],
    speaker: str,
    digits: str,
    *,
    whole: bool,
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Where the other one says a number back, in parts if it is long, up to just after its end."""
    if len(digits) < (_SHORTEST if whole else _LONG) or not spans:
        return
    for number in range(min(spans), min(max(spans) + 2, len(lines))):
        if lines[number].speaker == speaker:
            continue
        for run in digit_runs(lines[number].text, least=_SHORTEST if whole else 2):
            if digits.endswith(run.digits) if whole else run.digits in digits:
                yield (
                    number,
                    (_signs_before(lines[number].text, run.begin) if whole else run.begin, run.end),
                )


def _signs_before(text: str, begin: int) -> int:
    """6K829: the digits and letters of a plate that touch its last digits."""
    while begin and (
        text[begin - 1] in SPOKEN or (text[begin - 1].isascii() and text[begin - 1].isalnum())
    ):
        begin -= 1
    return begin


def _digits(text: str) -> str:
    return "".join(SPOKEN.get(character, "") for character in text)


def _piece(text: str) -> tuple[int, str]:
    """后面是八零零零 without what only leads to the digits, and where those begin."""
    found = _LEAD.match(text)
    begin = found.end() if found else 0
    return (begin, text[begin:]) if starts_with_digit(text[begin:]) else (0, text)


def _without_tail(text: str) -> str:
    found = _TAIL.search(text)
    return text[: found.start()] if found else text


def _says_nothing(text: str) -> bool:
    """A few words without any digit."""
    return len(text) <= _NOTHING_CHARS and SPOKEN.keys().isdisjoint(text)


def _is_aside(text: str) -> bool:
    """A nod, or the piece said back: neither ends the number."""
    return sum(character not in SPOKEN for character in text) <= _ASIDE_CHARS
