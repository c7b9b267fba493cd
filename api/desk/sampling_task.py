"""What the desk does by itself while a server runs: drawing samples whose time has come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from api.review.sampling.schedule import run_due
from api.store import Store, StoreError

_log = logging.getLogger("qa_engine.desk")
EVERY_S = 60.0


@asynccontextmanager
async def making_rounds(store: Store, *, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Look once a minute, until the block is left."""
    rounds = asyncio.create_task(_rounds(store, every_s))
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


async def _rounds(store: Store, every_s: float) -> None:
    while True:
        try:
            await run_in_threadpool(run_due, store, datetime.now(UTC))
        except StoreError as error:
            _log.warning("samples were not drawn: %s", error)
        except Exception:
            # One bad plan must not end the rounds of a server that runs for months.
            _log.exception("samples were not drawn")
        await asyncio.sleep(every_s)
