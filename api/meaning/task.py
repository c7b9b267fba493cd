"""While a server runs: what waits is asked in the background, once calls are over and filed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.meaning.endpoint import Endpoint, endpoint_if_there
from api.meaning.opening import asker_of
from api.meaning.passes import answer_waiting, count_waiting
from api.settings import Settings
from api.store import Store, StoreError

__all__ = ["answering", "endpoint_to_ask"]

_log = logging.getLogger("qa_engine.meaning")
EVERY_S = 15.0


def endpoint_to_ask(settings: Settings) -> Endpoint | None:
    """Whom a server asks. With the extra missing, nobody, which the log tells. Raises EndpointError
    where the settings are wrong, before anything listens."""
    endpoint, why_not = endpoint_if_there(settings)
    if why_not:
        _log.warning("questions wait: %s", why_not)
    return endpoint


@asynccontextmanager
async def answering(
    store: Store, endpoint: Endpoint | None, *, every_s: float | None = None
) -> AsyncIterator[None]:
    """Until the block is left, every EVERY_S; nothing at all without an endpoint."""
    if endpoint is None:
        yield
        return
    stop = threading.Event()
    rounds = asyncio.create_task(_rounds(store, endpoint, every_s or EVERY_S, stop))
    try:
        yield
    finally:
        # A request that runs ends by its own deadline; no other one begins.
        stop.set()
        await rounds


async def _rounds(store: Store, endpoint: Endpoint, every_s: float, stop: threading.Event) -> None:
    told = ""
    while not stop.is_set():
        try:
            stopped = await asyncio.to_thread(_round, store, endpoint, stop)
            if stopped and stopped != told:
                _log.warning("questions wait: %s", stopped)
            told = stopped
        except StoreError as error:
            _log.warning("questions wait: %s", error)
        except Exception:
            # One odd call must not end the rounds of a server that runs for months.
            _log.exception("questions were not asked")
        await asyncio.to_thread(stop.wait, every_s)


def _round(store: Store, endpoint: Endpoint, stop: threading.Event) -> str:
    """Why it ended early; empty when all that waited was asked."""
    if not count_waiting(store):
        return ""
    with asker_of(store, endpoint) as asker:
        return answer_waiting(store, asker, stop=stop.is_set).stopped
