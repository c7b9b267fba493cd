"""What can go wrong with a store, each in one sentence.

QAError
└── StoreError          the store cannot be opened, read or written
"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from qa_engine.errors import QAError


class StoreError(QAError):
    """Nothing of the write that failed was kept."""


def sentence(error: SQLAlchemyError, where: str) -> StoreError:
    """A database error in plain words; statements and their values are never quoted."""
    text = str(getattr(error, "orig", None) or error).lower()
    for sign, plain in _SIGNS:
        if sign in text:
            return StoreError(f"{where}: {plain}")
    return StoreError(f"{where}: the database refused ({type(error).__name__}); see its own log")


_SIGNS = (
    ("readonly", "the database is read-only; make the file and its folder writable"),
    ("read-only", "the database is read-only; ask for a role that may write"),
    ("permission denied", "no permission; ask for a role that may write here"),
    ("disk is full", "the disk is full; free some room and run the same command again"),
    ("no space left", "the disk is full; free some room and run the same command again"),
    ("disk i/o error", "the disk failed while writing; check it and run the same command again"),
    ("unable to open", "cannot open the database file; name a folder that exists and is writable"),
    ("not a database", "this file is not a database; name another or move it away"),
    ("malformed", "the database file is damaged; restore it from a backup"),
    ("locked", "another process holds the database; wait for it or stop it"),
    ("password", "the database refused the user or password in the URL"),
    ("could not connect", "no database answers there; is it running, are host and port right?"),
    ("connection refused", "no database answers there; is it running, are host and port right?"),
    ("connection failed", "no database answers there; is it running, are host and port right?"),
    ("does not exist", "no such database; create it first"),
)
