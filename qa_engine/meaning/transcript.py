"""A call as it may leave the house: numbered lines, personal numbers covered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from qa_engine import privacy
from qa_engine.events import Role
from qa_engine.report.model import Report, ReportUtterance
from qa_engine.rules.counting import is_speaker_known

__all__ = ["NOBODY", "RECORDED", "CoveredTranscript", "TranscriptLine", "transcript_of"]

RECORDED = "recording"
"""A recorded voice."""
NOBODY = "unknown"
"""Somebody, but nobody knows who."""


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """`who`: agent, customer, recording or unknown. `text`: covered, each offset as in the call."""

    id: int
    who: str
    text: str
    unclear: bool = False
    """Somebody spoke, and it was not understood."""


@dataclass(frozen=True)
class CoveredTranscript:
    lines: tuple[TranscriptLine, ...]

    @cached_property
    def by_id(self) -> dict[int, TranscriptLine]:
        return {line.id: line for line in self.lines}

    @property
    def chars(self) -> int:
        return sum(len(line.text) for line in self.lines)

    @cached_property
    def data(self) -> str:
        """The lines as JSON: whatever was said stands inside a string, and ends none."""
        told = [{"id": line.id, "who": line.who, **_words(line)} for line in self.lines]
        return json.dumps({"transcript": told}, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """sha256 of `data`."""
        return hashlib.sha256(self.data.encode()).hexdigest()


def _words(line: TranscriptLine) -> dict[str, object]:
    return {"unclear": True} if line.unclear else {"text": line.text}


def transcript_of(report: Report) -> CoveredTranscript:
    """Of a report, covered already or not: covering what is covered changes nothing."""
    spoken = report.utterances
    said = [privacy.ConversationLine(line.role.value, line.text) for line in spoken]
    covered = privacy.mask_lines(said)
    return CoveredTranscript(tuple(_lines(spoken, covered)))


def _lines(spoken: Iterable[ReportUtterance], covered: Iterable[str]) -> Iterable[TranscriptLine]:
    for utterance, text in zip(spoken, covered, strict=True):
        unclear = not utterance.intelligible
        if text or unclear:
            yield TranscriptLine(utterance.id, _who(utterance), "" if unclear else text, unclear)


def _who(utterance: ReportUtterance) -> str:
    if utterance.recorded is not None:
        return RECORDED
    known = is_speaker_known(utterance.role_confidence)
    return Role(utterance.role).value if known else NOBODY
