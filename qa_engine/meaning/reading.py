"""A model's text → answers that hold: evidence, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from phrasebook.model import Ask, Speaker
from qa_engine.meaning.answers import AnswerState, Given, Quoted, Untold
from qa_engine.meaning.transcript import CoveredTranscript, TranscriptLine
from qa_engine.privacy import mask

__all__ = ["Malformed", "cannot_tell", "find_quote", "json_of", "read_answers"]

MOST_QUOTES = 10
MOST_REASON_CHARS = 200
LEAST_QUOTE_CHARS = 2
"""Less is in every sentence."""
_STATES = {
    "yes": AnswerState.YES,
    "no": AnswerState.NO,
    "not_applicable": AnswerState.NOT_APPLICABLE,
}
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


class Malformed(ValueError):
    """Not the form that was asked for; the message may be told to the model, and holds no words."""


def read_answers(
    content: str, asks: Sequence[Ask], transcript: CoveredTranscript
) -> dict[str, Given]:
    """Item → answer, one for each question. Raises Malformed where nothing can be read at all."""
    told: dict[str, Mapping[str, Any]] = {}
    for answer in _answers(content):
        if isinstance(answer, dict) and isinstance(answer.get("item"), str):
            # Two answers to one question are none.
            told[answer["item"]] = {} if answer["item"] in told else answer
    if not any(ask.id in told for ask in asks):
        raise Malformed("answers 里没有所问的 item")
    return {
        ask.id: _read(ask, told[ask.id], transcript)
        if ask.id in told
        else cannot_tell(ask, Untold.LEFT_OUT)
        for ask in asks
    }


def cannot_tell(ask: Ask, why: Untold) -> Given:
    return Given(item=ask.id, state=AnswerState.CANNOT_TELL, why=why)


def json_of(content: str) -> Mapping[str, Any]:
    """The one object of a model's text, without thoughts and fences. Raises Malformed."""
    text = _THOUGHT.sub("", content).strip()
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("不是 JSON") from None
    if not isinstance(found, dict):
        raise Malformed("不是一个 JSON 对象")
    return found


def _answers(content: str) -> list[Any]:
    answers = json_of(content).get("answers")
    if not isinstance(answers, list):
        raise Malformed("没有 answers 列表")
    return answers


def _read(ask: Ask, answer: Mapping[str, Any], transcript: CoveredTranscript) -> Given:
    state = _STATES.get(str(answer.get("answer")))
    reason, sure, quotes = answer.get("reason"), answer.get("confidence"), answer.get("quotes")
    if (
        state is None
        or not isinstance(reason, str)
        or isinstance(sure, bool)
        or not isinstance(sure, int | float)
        or not 0 <= sure <= 1
        or not isinstance(quotes, list)
        or len(quotes) > MOST_QUOTES
    ):
        return cannot_tell(ask, Untold.MALFORMED)
    found: list[Quoted] = []
    for quote in quotes:
        place = _place(quote, transcript)
        if isinstance(place, Untold):
            return cannot_tell(ask, place)
        if place not in found:
            found.append(place)
    if state is not AnswerState.NOT_APPLICABLE and not found:
        return cannot_tell(ask, Untold.NO_QUOTE)
    if state is AnswerState.YES and not _by_whom_it_is_about(ask, found, transcript):
        return cannot_tell(ask, Untold.WRONG_SPEAKER)
    return Given(
        item=ask.id,
        state=state,
        reason=mask(" ".join(reason.split()))[:MOST_REASON_CHARS],
        confidence=round(float(sure), 3),
        quotes=tuple(found),
    )


def _place(quote: object, transcript: CoveredTranscript) -> Quoted | Untold:
    if not isinstance(quote, dict):
        return Untold.MALFORMED
    number, text = quote.get("id"), quote.get("text")
    if isinstance(number, bool) or not isinstance(number, int) or not isinstance(text, str):
        return Untold.MALFORMED
    line = transcript.by_id.get(number)
    if line is None:
        return Untold.UNKNOWN_ID
    span = find_quote(text, line)
    return Quoted(number, *span) if span else Untold.WRONG_QUOTE


def find_quote(text: str, line: TranscriptLine) -> tuple[int, int] | None:
    """Where the words stand in a line; punctuation, spaces and case mean nothing."""
    places = [at for at, sign in enumerate(line.text) if _counts(sign)]
    said = "".join(line.text[at].casefold()[:1] for at in places)
    wanted = "".join(sign.casefold()[:1] for sign in text if _counts(sign))
    at = said.find(wanted)
    if at < 0 or len(wanted) < min(LEAST_QUOTE_CHARS, max(1, len(said))):
        return None
    return places[at], places[at + len(wanted) - 1] + 1


def _counts(sign: str) -> bool:
    return sign.isalnum() or sign == "*"


def _by_whom_it_is_about(ask: Ask, quotes: Sequence[Quoted], transcript: CoveredTranscript) -> bool:
    """A customer's words are no evidence of what the agent did, and the other way round."""
    if ask.who is Speaker.ANY:
        return True
    return any(transcript.by_id[quote.utterance].who == ask.who.value for quote in quotes)
