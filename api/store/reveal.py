"""Covered words for those who hold the key, and sound without them for those who do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.store import audit
from api.store.audio import open_kept
from api.store.errors import StoreError
from api.store.seal import KEY_VARIABLE
from api.store.store import Store
from api.store.tables import calls, utterances
from qa_engine.audio.mute import TimeSpan, merged, write_muted

_MARGIN_MS = 150
"""Times of words are estimates; a digit must not be heard at the edge."""


def reveal(store: Store, call_id: str, *, who: str) -> list[tuple[int, str, str]]:
    """(begin_ms, role, words as heard) of a call; that it was read is on record.

    Raises StoreError without a key, or where there is no such call.
    """
    if store.seal is None:
        raise StoreError(
            f"reveal: no key; set {KEY_VARIABLE} to the key the words were sealed with"
        )
    with store.writing() as connection:
        _check(connection, call_id)
        rows = connection.execute(
            select(utterances).where(utterances.c.call_id == call_id).order_by(utterances.c.n)
        ).all()
        found = [
            (row.begin_ms, row.role, store.seal.reveal(row.sealed) if row.sealed else row.text)
            for row in rows
        ]
        # Fewer are covered than sealed when the words came before the key.
        sealed = sum(row.sealed is not None for row in rows)
        audit.record(
            connection,
            who=who,
            action="call.revealed",
            subject=call_id,
            detail={"utterances": sealed},
        )
    return found


def export_audio(store: Store, call_id: str, target: Path, *, mute: bool, who: str) -> int:
    """Write a kept recording to `target`, silent where personal numbers are spoken.

    Returns how many spans were muted. With `mute=False` it goes out as it is, which the audit
    trail tells. Raises StoreError, AudioError.
    """
    with store.writing() as connection:
        digest = _check(connection, call_id)
        spans = covered_spans(connection, call_id) if mute else []
        with open_kept(connection, digest) as recording:
            write_muted(recording, target, spans, name=Path(call_id))
        audit.record(
            connection,
            who=who,
            action="audio.exported",
            subject=call_id,
            detail={"muted": mute, "spans": len(spans)},
        )
    return len(spans)


def covered_spans(connection: Any, call_id: str) -> list[TimeSpan]:
    """Where in the sound the words are that the transcript covers with `*`."""
    rows = connection.execute(select(utterances).where(utterances.c.call_id == call_id))
    return merged((span for row in rows for span in _spans(row)), margin_ms=_MARGIN_MS)


def _spans(row: Any) -> Iterator[TimeSpan]:
    if "*" not in row.text:
        return
    covered = [word for word in row.words if "*" in word["text"]]
    if sum(word["text"].count("*") for word in covered) < row.text.count("*"):
        # Nobody knows where in it the number is.
        yield row.begin_ms, row.end_ms
        return
    for word in covered:
        yield word["begin_ms"], word["end_ms"]


def _check(connection: Any, call_id: str) -> str:
    """The hash of the call's recording. Raises StoreError."""
    digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))
    if digest is None:
        raise StoreError(f"no call {call_id} in this store; `store search` lists calls")
    return str(digest)
