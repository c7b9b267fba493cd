"""From the site's settings to somebody who can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from api.meaning.asking import Asker
from api.meaning.budget import Budget, today
from api.meaning.client import Client
from api.meaning.endpoint import Endpoint
from api.store import Store

__all__ = ["asker_of"]


@contextmanager
def asker_of(
    store: Store, endpoint: Endpoint, *, day: Callable[[], date] = today
) -> Iterator[Asker]:
    """Whoever asks this server, with the store's budget and trail."""
    client = Client(endpoint)
    try:
        yield Asker(endpoint, client, store, Budget(store, endpoint, day=day))
    finally:
        client.close()
