"""One call's questions to answers: what is known already, and the rest from the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from api.meaning.budget import Budget, Reserved
from api.meaning.client import Client, NotAnswered, Rejected
from api.meaning.endpoint import Endpoint
from api.meaning.kept import key_of, known, save_answers
from api.meaning.protocol import Completion
from api.store import Store, audit
from phrasebook.model import Ask
from qa_engine.meaning import prompt
from qa_engine.meaning.answers import AnswerState, Given, Provenance, Untold
from qa_engine.meaning.reading import Malformed, cannot_tell, read_answers
from qa_engine.meaning.transcript import CoveredTranscript

__all__ = ["WHO", "Asker"]

WHO = "qa-engine meaning"


class Asker:
    """Puts questions to one server; safe to share between threads."""

    def __init__(self, endpoint: Endpoint, client: Client, store: Store, budget: Budget) -> None:
        self.endpoint = endpoint
        self.model = f"{endpoint.model} @ {endpoint.host}"
        self._client = client
        self._store = store
        self._budget = budget

    def ask(
        self,
        call_id: str,
        transcript: CoveredTranscript,
        asks: Sequence[Ask],
        *,
        afresh: bool = False,
        again: bool = False,
    ) -> Iterator[Given]:
        """An answer to every question; each request's answers are kept as soon as they come.

        `afresh`: what was answered before is asked again, and not kept. `again`: what could not be
        told is asked again, and kept. Raises NotAnswered, BudgetSpent, EndpointError; what came
        until then is kept.
        """
        keys = {ask.id: key_of(ask, model=self.model, transcript=transcript.hash) for ask in asks}
        found: dict[str, Given] = {}
        if not afresh:
            with self._store.reading() as connection:
                found = known(connection, keys)
        if again:
            found = {
                item: one for item, one in found.items() if one.state is not AnswerState.CANNOT_TELL
            }
        yield from found.values()
        left = [ask for ask in asks if ask.id not in found]
        for begin in range(0, len(left), self.endpoint.items):
            some = left[begin : begin + self.endpoint.items]
            yield from self._request(call_id, transcript, some, {} if afresh else keys)

    def _request(
        self, call_id: str, transcript: CoveredTranscript, asks: Sequence[Ask], keys: dict[str, str]
    ) -> list[Given]:
        if transcript.chars > self.endpoint.call_chars:
            # Not kept: another setting may allow it.
            return self._signed([cannot_tell(ask, Untold.TOO_LONG) for ask in asks], transcript)
        items = [ask.id for ask in asks]
        messages = prompt.messages(asks, transcript)
        try:
            reserved, done = self._send(messages, prompt.answer_schema(asks))
        except Rejected:
            rejected = [cannot_tell(ask, Untold.REJECTED) for ask in asks]
            return self._signed(rejected, transcript)
        try:
            given = _read(done, asks, transcript)
        except Malformed as problem:
            with self._store.writing() as connection:
                self._book(connection, call_id, items, reserved, done, "malformed")
            again = prompt.mended(messages, done.content, str(problem))
            reserved, done = self._send(again, prompt.answer_schema(asks))
            given = _second(done, asks, transcript)
        given = self._signed(given, transcript, done.fingerprint)
        with self._store.writing() as connection:
            save_answers(connection, call_id, given, keys)
            self._book(connection, call_id, items, reserved, done, "answered")
        return given

    def write(
        self, call_id: str, messages: Sequence[prompt.ChatMessage], schema: Mapping[str, Any]
    ) -> Completion:
        """Something else of a call than answers, within the same budget and on the same trail."""
        reserved, done = self._send(messages, schema)
        with self._store.writing() as connection:
            self._book(connection, call_id, ["notes"], reserved, done, "written")
        return done

    def _send(
        self, messages: Sequence[prompt.ChatMessage], schema: Mapping[str, Any]
    ) -> tuple[Reserved, Completion]:
        reserved = self._budget.reserve(_tokens(messages))
        try:
            return reserved, self._client.complete(messages, schema)
        except BaseException as error:
            if not (isinstance(error, NotAnswered) and error.spent):
                with self._store.writing() as connection:
                    self._budget.settle(connection, reserved, tokens_in=0, tokens_out=0)
            raise

    def _book(
        self,
        connection: Connection,
        call_id: str,
        items: Sequence[str],
        reserved: Reserved,
        done: Completion,
        outcome: str,
    ) -> None:
        """Spending and the audit trail: hashes, versions and numbers, never words."""
        self._budget.settle(
            connection,
            reserved,
            tokens_in=done.tokens_in,
            tokens_out=done.tokens_out,
        )
        audit.record(
            connection,
            who=WHO,
            action="meaning.asked",
            subject=call_id,
            detail={
                "sent": done.sent,
                "host": self.endpoint.host,
                "model": self.endpoint.model,
                "fingerprint": done.fingerprint,
                "prompt": prompt.PROMPT_VERSION,
                "items": list(items),
                "tokens_in": done.tokens_in,
                "tokens_out": done.tokens_out,
                "ms": done.ms,
                "outcome": outcome,
            },
        )

    def _signed(
        self, given: Sequence[Given], transcript: CoveredTranscript, fingerprint: str = ""
    ) -> list[Given]:
        by = Provenance(
            model=self.model,
            fingerprint=fingerprint,
            prompt=prompt.PROMPT_VERSION,
            transcript=transcript.hash,
        )
        return [replace(one, by=by) for one in given]


def _read(done: Completion, asks: Sequence[Ask], transcript: CoveredTranscript) -> list[Given]:
    """Raises Malformed."""
    if done.refused:
        return [cannot_tell(ask, Untold.REFUSED) for ask in asks]
    if done.cut:
        return [cannot_tell(ask, Untold.CUT) for ask in asks]
    return list(read_answers(done.content, asks, transcript).values())


def _second(done: Completion, asks: Sequence[Ask], transcript: CoveredTranscript) -> list[Given]:
    """The answer to the second asking; there is no third."""
    try:
        return _read(done, asks, transcript)
    except Malformed:
        return [cannot_tell(ask, Untold.MALFORMED) for ask in asks]


def _tokens(messages: Sequence[prompt.ChatMessage]) -> int:
    """At most: a Chinese character is a token or less in the tokenizers in use."""
    return sum(len(message["content"]) for message in messages) + 8 * len(messages)
