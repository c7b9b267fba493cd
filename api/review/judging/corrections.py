"""Words that were heard wrong, put right by a person; the transcript itself stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from api.review.errors import NotThere, ReviewError
from api.review.tables import corrections
from api.store import Store, audit
from api.store.tables import utterances
from qa_engine.privacy import mask

LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    utterance: int
    begin_char: int
    end_char: int
    heard: str
    said: str
    by: str


def correct(
    store: Store, call_id: str, *, utterance: int, begin: int, end: int, said: str, by: str
) -> None:
    """Say what was really said in a span; personal numbers are covered here too."""
    if not 0 < len(said) <= LONGEST:
        raise ReviewError(f"{len(said)} characters, expected 1 to {LONGEST}", key="bad_span")
    with store.writing() as connection:
        text = connection.scalar(
            select(utterances.c.text).where(
                utterances.c.call_id == call_id, utterances.c.n == utterance
            )
        )
        if text is None:
            raise NotThere("no such utterance", key="not_there")
        if not 0 <= begin < end <= len(text):
            raise ReviewError("these words are not in the call", key="bad_span")
        place = {"utterance": utterance, "begin_char": begin, "end_char": end}
        connection.execute(
            insert(corrections).values(
                call_id=call_id,
                **place,
                heard=text[begin:end],
                said=mask(said),
                by=by,
                at=datetime.now(UTC),
            )
        )
        audit.record(connection, who=by, action="words.corrected", subject=call_id, detail=place)


def of_call(connection: Connection, call_id: str) -> list[Correction]:
    """The last correction of each span."""
    rows = connection.execute(
        select(corrections).where(corrections.c.call_id == call_id).order_by(corrections.c.id)
    )
    found = {
        (row.utterance, row.begin_char, row.end_char): Correction(
            **{name: row._mapping[name] for name in Correction.__slots__}
        )
        for row in rows
    }
    return list(found.values())
