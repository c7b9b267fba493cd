"""What the desk does by itself while a server runs: draws samples whose time has come, and notes
the head of the audit trail outside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from api.review.sampling.schedule import run_due
from api.store import Store, StoreError, anchor

_log = logging.getLogger("qa_engine.desk")
EVERY_S = 60.0


@asynccontextmanager
async def making_rounds(
    store: Store, *, head: Path | None = None, every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """Look once a minute, until the block is left."""
    rounds = asyncio.create_task(_rounds(store, head, every_s))
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


async def _rounds(store: Store, head: Path | None, every_s: float) -> None:
    while True:
        try:
            await run_in_threadpool(run_due, store, datetime.now(UTC))
        except StoreError as error:
            _log.warning("samples were not drawn: %s", error)
        except Exception:
            # One bad plan must not end the rounds of a server that runs for months.
            _log.exception("samples were not drawn")
        if head is not None:
            await run_in_threadpool(_note_head, store, head)
        await asyncio.sleep(every_s)


def _note_head(store: Store, head: Path) -> None:
    try:
        with store.reading() as connection:
            if not anchor.renew(connection, head):
                _log.error("the audit trail lost rows since its head was noted in %s", head)
    except StoreError as error:
        _log.warning("the head of the audit trail was not noted: %s", error)
