"""Opening a store by URL: SQLite in WAL mode for one machine, PostgreSQL when it is shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from api.private_files import private_file
from api.store.errors import StoreError, sentence

BUSY_MS = 30_000


def as_url(where: str) -> str:
    """A database URL, or the path of a SQLite file. Raises StoreError."""
    if "://" not in where:
        return f"sqlite:///{Path(where).absolute()}"
    try:
        url = make_url(where)
    except ArgumentError:
        raise StoreError(
            "the store's URL cannot be read; expected a file path, sqlite:///FILE "
            "or postgresql://USER@HOST/DATABASE"
        ) from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def connect(where: str) -> Engine:
    """An engine for `where`; nothing is read or made yet. Raises StoreError."""
    url = as_url(where)
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs its driver; install it with: pip install 'qa-engine[postgres]'"
        ) from None
    except SQLAlchemyError as error:
        raise sentence(error, "store") from None
    if engine.dialect.name == "sqlite":
        if engine.url.database and engine.url.database != ":memory:":
            with suppress(OSError):  # SQLite says it better when it cannot open the file.
                private_file(Path(engine.url.database))
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _postgres_costs)
    return engine


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    # The driver's own transactions start too late to keep two writers apart.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        # What is purged must not stay readable in the file's free pages.
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _postgres_costs(connection: Any, _record: Any) -> None:
    """Its default is of turning disks: it then reads whole tables for a month of calls.

    What a site has set itself stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('random_page_cost', '1.1', false) FROM pg_settings"
            " WHERE name = 'random_page_cost' AND source = 'default'"
        )
    connection.commit()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writes") else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it is kept, or nothing. Raises StoreError."""
    try:
        with engine.connect() as connection:
            connection.info["writes"] = True
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info.pop("writes", None)
    except SQLAlchemyError as error:
        raise sentence(error, plain(engine)) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view. Raises StoreError."""
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except SQLAlchemyError as error:
        raise sentence(error, plain(engine)) from None


def plain(engine: Engine) -> str:
    """The store's place without its password."""
    return engine.url.database or engine.url.render_as_string(hide_password=True)
