"""What may be spent in a day, kept in the store: all workers, restarts and commands share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.meaning.endpoint import Endpoint
from api.store import Store, StoreError
from api.store.tables import spending
from qa_engine.errors import QAError

__all__ = ["Budget", "BudgetSpent", "Spent", "today"]


class BudgetSpent(QAError):
    """The day's budget does not hold another request."""


@dataclass(frozen=True, slots=True)
class Spent:
    requests: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a request was thought to take, on the day it was sent."""

    day: date
    tokens_in: int
    tokens_out: int


def today() -> date:
    """By the site's own clock."""
    return datetime.now().astimezone().date()


class Budget:
    """Reserves before a request, and settles after it.

    What is killed in between stays counted as it was thought to be: a budget is rather spent too
    early than overdrawn.
    """

    def __init__(
        self, store: Store, endpoint: Endpoint, *, day: Callable[[], date] = today
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._day = day

    def spent(self) -> Spent:
        with self._store.reading() as connection:
            row = _row(connection, self._day())
        return Spent(row.requests, row.tokens, row.cost) if row else Spent()

    def reserve(self, tokens_in: int) -> Reserved:
        """Raises BudgetSpent, and nothing is reserved then."""
        wanted = Reserved(self._day(), tokens_in, self._endpoint.answer_tokens)
        try:
            with self._store.writing() as connection:
                self._take(connection, wanted)
        except StoreError as error:
            if not isinstance(error.__context__, IntegrityError):
                raise
            # Another process opened the day in the same moment.
            with self._store.writing() as connection:
                self._take(connection, wanted)
        return wanted

    def settle(
        self,
        connection: Connection,
        reserved: Reserved,
        *,
        tokens_in: int | None,
        tokens_out: int | None,
    ) -> None:
        """What it really took (None: nobody told), in the caller's transaction."""
        really_in = reserved.tokens_in if tokens_in is None else tokens_in
        really_out = reserved.tokens_out if tokens_out is None else tokens_out
        tokens = really_in + really_out - reserved.tokens_in - reserved.tokens_out
        cost = self._cost(really_in, really_out)
        cost -= self._cost(reserved.tokens_in, reserved.tokens_out)
        connection.execute(
            update(spending)
            .where(spending.c.day == reserved.day)
            .values(tokens=spending.c.tokens + tokens, cost=spending.c.cost + cost)
        )

    def _take(self, connection: Connection, wanted: Reserved) -> None:
        tokens = wanted.tokens_in + wanted.tokens_out
        cost = self._cost(wanted.tokens_in, wanted.tokens_out)
        row = _row(connection, wanted.day)
        before = Spent(row.requests, row.tokens, row.cost) if row else Spent()
        limits = self._endpoint
        if before.tokens + tokens > limits.tokens_a_day or (
            limits.cost_a_day and before.cost + cost > limits.cost_a_day
        ):
            raise BudgetSpent(
                "the day's budget for questions is spent; what waits is asked tomorrow "
                "(meaning_tokens_a_day, meaning_cost_a_day)"
            )
        values = {
            "requests": before.requests + 1,
            "tokens": before.tokens + tokens,
            "cost": before.cost + cost,
        }
        if row is None:
            connection.execute(insert(spending).values(day=wanted.day, **values))
        else:
            connection.execute(update(spending).where(spending.c.day == wanted.day).values(values))

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        limits = self._endpoint
        return (tokens_in * limits.price_in + tokens_out * limits.price_out) / 1_000_000


def _row(connection: Connection, day: date) -> Any:
    """The day's row, held against other writers until the transaction ends."""
    return connection.execute(
        select(spending).where(spending.c.day == day).with_for_update()
    ).first()
