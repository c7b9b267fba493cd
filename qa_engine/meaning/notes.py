"""What a language model writes of a call for people to check and edit: summary, reason, coaching.

None of it counts for anything. Advice without the agent's own words is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from qa_engine.events import Role
from qa_engine.meaning.prompt import ChatMessage
from qa_engine.meaning.reading import Malformed, find_quote, json_of
from qa_engine.meaning.transcript import CoveredTranscript
from qa_engine.privacy import mask

__all__ = ["Advice", "Notes", "note_messages", "note_schema", "read_notes"]

INSTRUCTIONS = files(__package__).joinpath("notes.txt").read_text("utf-8").strip()
LINES = 5
MOST_ADVICE = 3
MOST_CHARS = 200
SOLVED = ("yes", "no", "unclear")


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice to the agent, and the agent's own words that it is about."""

    text: str
    utterance: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    summary: tuple[str, ...]
    reason: str
    solved: str
    coaching: tuple[Advice, ...]
    dropped: int
    """Pieces of advice that quoted nothing that the agent said."""


def note_messages(transcript: CoveredTranscript) -> list[ChatMessage]:
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": transcript.data},
    ]


def note_schema() -> dict[str, Any]:
    text = {"type": "string"}
    quote = _object({"id": {"type": "integer"}, "text": text})
    advice = _object({"advice": text, "quotes": {"type": "array", "items": quote}})
    return _object(
        {
            "summary": {"type": "array", "items": text, "minItems": LINES, "maxItems": LINES},
            "reason": text,
            "solved": {"type": "string", "enum": list(SOLVED)},
            "coaching": {"type": "array", "items": advice},
        }
    )


def read_notes(content: str, transcript: CoveredTranscript) -> Notes:
    """Raises Malformed, whose message may be told to the model and holds no words."""
    found = json_of(content)
    summary, coaching = found.get("summary"), found.get("coaching")
    if not isinstance(summary, list) or len(summary) != LINES:
        raise Malformed(f"summary 不是正好 {LINES} 行")
    if not all(isinstance(line, str) and line.strip() for line in summary):
        raise Malformed("summary 里有不是文字的行")
    if not isinstance(found.get("reason"), str) or found.get("solved") not in SOLVED:
        raise Malformed("缺 reason，或 solved 不是 yes、no、unclear")
    if not isinstance(coaching, list):
        raise Malformed("没有 coaching 列表")
    advice = [_advice(one, transcript) for one in coaching[:MOST_ADVICE]]
    kept = tuple(one for one in advice if one is not None)
    return Notes(
        summary=tuple(_line(line) for line in summary),
        reason=_line(found["reason"]),
        solved=found["solved"],
        coaching=kept,
        dropped=len(coaching) - len(kept),
    )


def _advice(told: object, transcript: CoveredTranscript) -> Advice | None:
    if not isinstance(told, dict) or not isinstance(told.get("advice"), str):
        return None
    quotes = told.get("quotes")
    for quote in quotes if isinstance(quotes, list) else ():
        place = _said_by_agent(quote, transcript)
        if place is not None:
            return Advice(_line(told["advice"]), *place)
    return None


def _said_by_agent(quote: object, transcript: CoveredTranscript) -> tuple[int, str] | None:
    if not isinstance(quote, dict) or not isinstance(quote.get("text"), str):
        return None
    number = quote.get("id")
    line = transcript.by_id.get(number) if type(number) is int else None
    if line is None or line.who != Role.AGENT.value:
        return None
    span = find_quote(quote["text"], line)
    return (line.id, line.text[span[0] : span[1]]) if span else None


def _line(text: str) -> str:
    return mask(" ".join(text.split()))[:MOST_CHARS]


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
