"""A call as text: what somebody else's recogniser, or a chat window, has already written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.rules.conduct_checks import CHECKS

__all__ = ["Basis", "Dialogue", "Placing", "SpokenLine", "utterances"]

MS_A_CHARACTER = 230
"""About 260 characters a minute: how long a line is taken to last where nobody measured it."""
SHORTEST_MS = 500
PAUSE_MS = 400
"""Between two lines whose times are estimated."""


class Basis(StrEnum):
    """What is known beside the words; what cannot be known from it is not applicable."""

    SOUND = "sound"
    TIMES = "times"
    WORDS = "words"
    CHAT = "chat"

    @property
    def is_estimated(self) -> bool:
        """Whether the times of the lines are only estimated, from their lengths."""
        return self in (Basis.WORDS, Basis.CHAT)

    @property
    def measured(self) -> frozenset[str]:
        """The conduct checks that can be measured on it."""
        if self in (Basis.SOUND, Basis.TIMES):
            return frozenset(CHECKS) - {"conduct.response"}
        words = frozenset({"conduct.overload", "conduct.repeat"})
        return words | {"conduct.response"} if self is Basis.CHAT else words


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenLine:
    """One line of a dialogue, as its source tells it. Times in ms from the start of the call."""

    text: str
    speaker: str
    """Whatever the source calls the one who speaks: 坐席, SPEAKER_00, channel 1; or nothing."""
    begin_ms: int | None = None
    end_ms: int | None = None
    words: tuple[Word, ...] = ()
    """Times from the start of the call."""
    confidence: float = 1.0
    intelligible: bool = True
    level_dbfs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """All lines of one call, in order of time where they have times, else as they stand."""

    lines: tuple[SpokenLine, ...]
    shape: str
    """The kind of source, such as `funasr` or `srt`."""
    basis: Basis

    @property
    def speakers(self) -> tuple[str, ...]:
        """Every speaker once, in order of appearance."""
        return tuple(dict.fromkeys(line.speaker for line in self.lines))


class Placing:
    """Gives each line its place in the call.

    A line without times is placed after the one before it, and lasts as long as it would take to
    say; so windows such as "within the first 30 s" keep a sense in text. Of a chat the times are
    the typist's, not the speaker's: there all lines are placed so.
    """

    def __init__(self, basis: Basis) -> None:
        self._chat = basis is Basis.CHAT
        self._estimate = basis in (Basis.WORDS, Basis.CHAT)
        self._cursor_ms = 0
        self._begun: dict[int, int] = {}
        """Where lines that may still be revised begin, by number."""

    def go_on(self, end_ms: int) -> None:
        """The next line without times comes after this moment."""
        self._cursor_ms = end_ms + PAUSE_MS

    def place(
        self,
        number: int,
        line: SpokenLine,
        role: Role,
        *,
        most_ms: int | None = None,
        is_final: bool = True,
        revision: int = 0,
    ) -> Utterance:
        """`most_ms`: how long it may last where nobody wrote its end."""
        length_ms = max(SHORTEST_MS, len(line.text) * MS_A_CHARACTER)
        begin_ms, end_ms = line.begin_ms, line.end_ms
        if begin_ms is None or self._estimate:
            begin_ms = self._begun.pop(number, self._cursor_ms)
            end_ms = begin_ms + length_ms
        elif end_ms is None or end_ms <= begin_ms:
            end_ms = begin_ms + (length_ms if most_ms is None else min(length_ms, most_ms))
        if is_final:
            self._cursor_ms = max(self._cursor_ms, end_ms or 0) + PAUSE_MS
        elif self._estimate:
            self._begun[number] = begin_ms
        return Utterance(
            id=number,
            role=role,
            channel=0 if role is Role.AGENT else 1,
            begin_ms=begin_ms,
            end_ms=end_ms or begin_ms,
            text=line.text,
            words=() if self._estimate else line.words,
            confidence=line.confidence,
            intelligible=line.intelligible,
            is_final=is_final,
            revision=revision,
            stable_chars=len(line.text) if is_final else 0,
            level_dbfs=line.level_dbfs,
            sent_ms=line.begin_ms if self._chat else None,
        )


def utterances(dialogue: Dialogue, role_of: Mapping[str, Role]) -> Iterator[Utterance]:
    """The lines as final utterances, one channel for each role."""
    placing = Placing(dialogue.basis)
    for number, line in enumerate(dialogue.lines):
        most_ms = _until_next(dialogue, number, line.begin_ms)
        yield placing.place(number, line, role_of[line.speaker], most_ms=most_ms)


def _until_next(dialogue: Dialogue, number: int, begin_ms: int | None) -> int | None:
    """How long a line may last whose end nobody wrote: not into the next one."""
    following = (line.begin_ms for line in dialogue.lines[number + 1 :])
    next_ms = next((ms for ms in following if ms is not None and ms > (begin_ms or 0)), None)
    return None if next_ms is None or begin_ms is None else next_ms - begin_ms
