"""What a language model is told: fixed words first, then the questions, then the call as data.

The first two are the same for every call of a phrasebook, so that servers which keep the state of a
known beginning do. Nothing that a caller said ever stands among them: the call is a JSON value in a
message of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from phrasebook.model import Ask
from phrasebook.plain import plain_ask
from qa_engine.meaning.transcript import CoveredTranscript

__all__ = ["PROMPT_VERSION", "ChatMessage", "answer_schema", "mended", "messages"]

ChatMessage = dict[str, str]

INSTRUCTIONS = files(__package__).joinpath("instructions.txt").read_text("utf-8").strip()

AGAIN = "上面的回答不是要求的 JSON：{problem}。请只输出符合要求的 JSON 对象，不要有别的文字。"


def messages(asks: Sequence[Ask], transcript: CoveredTranscript) -> list[ChatMessage]:
    """The whole conversation of one request."""
    told = "\n".join(json.dumps(_told(ask), ensure_ascii=False) for ask in asks)
    return [
        {"role": "system", "content": f"{INSTRUCTIONS}\n{told}"},
        {"role": "user", "content": transcript.data},
    ]


def mended(before: Sequence[ChatMessage], answer: str, problem: str) -> list[ChatMessage]:
    """The same conversation, asking once more for the form that was wanted."""
    return [
        *before,
        {"role": "assistant", "content": answer},
        {"role": "user", "content": AGAIN.format(problem=problem)},
    ]


def answer_schema(asks: Sequence[Ask]) -> dict[str, Any]:
    """JSON Schema of the answer, for servers that hold a model to one."""
    quote = _object({"id": {"type": "integer"}, "text": {"type": "string"}})
    answer = _object(
        {
            "item": {"type": "string", "enum": [ask.id for ask in asks]},
            "answer": {"type": "string", "enum": ["yes", "no", "not_applicable"]},
            "quotes": {"type": "array", "items": quote},
            "reason": {"type": "string"},
            "confidence": {"type": "number"},
        }
    )
    return _object({"answers": {"type": "array", "items": answer}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _told(ask: Ask) -> dict[str, Any]:
    """A question as the model reads it; points and conditions are none of its business."""
    plain = plain_ask(ask)
    return {
        "item": ask.id,
        "question": ask.question,
        "about": ask.who.value,
        **{key: plain[key] for key in ("yes", "no", "na", "examples") if key in plain},
    }


PROMPT_VERSION = hashlib.blake2b(f"{INSTRUCTIONS}{AGAIN}".encode(), digest_size=4).hexdigest()
"""Changes with our own words, so that no answer to other words is taken for one to these."""
