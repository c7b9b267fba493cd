"""Searches that somebody keeps under a name: their own, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select

from api.review.errors import ReviewError, Taken
from api.review.records import SavedSearch
from api.review.tables import saved_searches
from api.store import Store
from api.store.records import as_records

MOST = 30
LONGEST_NAME = 60


def save(store: Store, name: str, query: str, *, login: str) -> None:
    """In place of an earlier one of the same name. Raises ReviewError, Taken."""
    name = name.strip()[:LONGEST_NAME]
    if not name or not query:
        raise ReviewError("a search to keep has a name and filters", key="no_search_name")
    with store.writing() as connection:
        mine = saved_searches.c.login == login
        connection.execute(delete(saved_searches).where(mine, saved_searches.c.name == name))
        if (connection.scalar(select(func.count()).where(mine)) or 0) >= MOST:
            raise Taken(f"{MOST} searches are kept already", key="many_searches")
        row = {"login": login, "name": name, "query": query, "at": datetime.now(UTC)}
        connection.execute(insert(saved_searches).values(row))


def forget(store: Store, number: int, *, login: str) -> None:
    """Nothing happens where it is not theirs."""
    here = (saved_searches.c.id == number, saved_searches.c.login == login)
    with store.writing() as connection:
        connection.execute(delete(saved_searches).where(*here))


def of_person(connection: Connection, login: str) -> list[SavedSearch]:
    query = select(saved_searches).where(saved_searches.c.login == login)
    found = connection.execute(query.order_by(saved_searches.c.name))
    return as_records(SavedSearch, found)
