"""A summary, the customer's reason and advice for the agent, as a language model writes them.

Nothing is filed: the text goes to whoever asked for it, to check, edit and use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from api.meaning.asking import Asker
from api.meaning.client import NotAnswered
from api.meaning.protocol import Completion
from api.store import Store
from phrasebook import Phrasebook, bundled, load
from qa_engine.errors import QAError
from qa_engine.matching import Matcher
from qa_engine.meaning.notes import Notes, note_messages, note_schema, read_notes
from qa_engine.meaning.prompt import ChatMessage, mended
from qa_engine.meaning.reading import Malformed
from qa_engine.meaning.transcript import transcript_of
from qa_engine.ticket.check import TicketReport, check_ticket

__all__ = ["Written", "check_summary", "write_notes"]


@dataclass(frozen=True, slots=True)
class Written:
    notes: Notes
    model: str
    ticket: TicketReport
    """What the ticket check says of the summary."""


def write_notes(store: Store, asker: Asker, call_id: str) -> Written:
    """Of one stored call. Raises QAError: no such call, no answer, or none of the right form."""
    report = store.load(call_id)
    if report is None:
        raise QAError(f"{call_id[:80]}: no such call in this store")
    transcript = transcript_of(report)
    if transcript.chars > asker.endpoint.call_chars:
        raise QAError(f"{call_id}: longer than meaning_call_chars, {asker.endpoint.call_chars}")
    messages = note_messages(transcript)
    done = _told(asker, call_id, messages)
    try:
        notes = read_notes(done.content, transcript)
    except Malformed as problem:
        done = _told(asker, call_id, mended(messages, done.content, str(problem)))
        try:
            notes = read_notes(done.content, transcript)
        except Malformed:
            raise NotAnswered(
                asker.endpoint.host, "twice no answer of the form that was asked for", spent=True
            ) from None
    return Written(notes, asker.model, check_summary("\n".join(notes.summary)))


def check_summary(words: str) -> TicketReport:
    """What the ticket check says of a summary."""
    book, matcher = _ticket_pack()
    return check_ticket(words, book=book, matcher=matcher)


@cache
def _ticket_pack() -> tuple[Phrasebook, Matcher]:
    book = load(bundled("zh_ticket"))
    return book, Matcher(book)


def _told(asker: Asker, call_id: str, messages: Sequence[ChatMessage]) -> Completion:
    done = asker.write(call_id, messages, note_schema())
    if done.refused or done.cut:
        what = "the model refused" if done.refused else "the answer was cut off"
        raise NotAnswered(asker.endpoint.host, what, spent=True)
    return done
