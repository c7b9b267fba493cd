"""Judges of sentences, published and rolled back like rules: append-only, the newest in force.

A site whose `QA_ENGINE_JUDGE` names a file (or `off`) keeps that: then nothing of the store's
versions counts. Without a version the judge is the one that came with the engine.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from api.outputs import beside
from api.review.errors import NotThere, ReviewError, Taken
from api.rulebook.in_force import store_kept_in
from api.rulebook.versions import locked_newest
from api.store import Store, audit
from api.store.rule_tables import judge_files, judge_versions
from models.cache import cache_directory
from models.judging import JudgeError, SentenceJudge, judge_at
from models.judging.opening import OF_STORE, VARIABLE

__all__ = [
    "BUNDLED",
    "JudgeOrigin",
    "JudgeVersion",
    "body_of",
    "history_of_judges",
    "judge_in_force",
    "judge_kept_in",
    "judge_of",
    "named_by_site",
    "newest_judge",
    "publish_judge",
    "roll_back_judge",
    "use_published_judge",
]

BUNDLED = ""
"""The judge that came with the engine, whichever that is."""
LARGEST = 16 * 2**20
MOST_NOTE = 500


class JudgeOrigin(StrEnum):
    TRAINED = "trained"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeVersion:
    """`judge`: its version, as reports name it; empty for the one that came with the engine."""

    number: int
    judge: str
    origin: JudgeOrigin
    returns_to: int | None
    note: str
    made_by: str
    made_at: datetime


def named_by_site() -> bool:
    """Whether the site's own setting decides, and nothing that is published."""
    return bool(os.environ.get(VARIABLE, ""))


def newest_judge(connection: Connection) -> JudgeVersion | None:
    """The version in force; None: the judge that came with the engine."""
    query = select(judge_versions).order_by(judge_versions.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return _version(row) if row else None


def history_of_judges(connection: Connection, *, most: int = 100) -> list[JudgeVersion]:
    """The newest first."""
    query = select(judge_versions).order_by(judge_versions.c.number.desc()).limit(most)
    return [_version(row) for row in connection.execute(query)]


def publish_judge(store: Store, body: bytes, *, note: str, by: str, follows: int) -> JudgeVersion:
    """A judge that `qa-engine judge train` wrote, in force from now on.

    Raises ReviewError for a file that is no judge of this engine or is in force already, Taken
    where somebody published after `follows`.
    """
    judge = _checked(body)
    return _put(store, judge, body, note=note, by=by, follows=follows)


def roll_back_judge(store: Store, number: int, *, note: str, by: str, follows: int) -> JudgeVersion:
    """What version `number` judged by counts again; 0: the judge that came with the engine."""
    judge = BUNDLED
    if number:
        with store.reading() as connection:
            query = select(judge_versions).where(judge_versions.c.number == number)
            row = connection.execute(query).first()
        if row is None:
            raise NotThere("no such version of the judge", key="not_there")
        judge = row.judge
    return _put(store, judge, b"", note=note, by=by, follows=follows, returns_to=number)


def body_of(connection: Connection, judge: str) -> bytes:
    """The file of a published judge. Raises NotThere."""
    found = connection.scalar(select(judge_files.c.body).where(judge_files.c.version == judge))
    if found is None:
        raise NotThere("no such judge", key="not_there")
    return bytes(found)


def judge_in_force(store: Store) -> str:
    """Its version; empty for the one that the site names, or that came with the engine."""
    if named_by_site():
        return BUNDLED
    with store.reading() as connection:
        last = newest_judge(connection)
    return last.judge if last else BUNDLED


def judge_of(store: Store, judge: str) -> SentenceJudge | None:
    """A judge by its version. Raises NotThere for one that nobody published here."""
    if judge == BUNDLED:
        return judge_at(os.environ.get(VARIABLE, ""))
    bundled = judge_at(BUNDLED)
    if bundled is not None and judge == bundled.version:
        return bundled
    return judge_at(str(_file(store, judge)))


def use_published_judge(store: Store) -> str:
    """From here on this process, and those it starts, judge by what is in force; its version."""
    judge = judge_in_force(store)
    if judge == BUNDLED:
        os.environ.pop(OF_STORE, None)
    else:
        os.environ[OF_STORE] = str(_file(store, judge))
    return judge


def judge_kept_in(where: str) -> str:
    """`use_published_judge` of a store by its file or URL, where there is one."""
    with store_kept_in(where) as store:
        return use_published_judge(store) if store else BUNDLED


def _put(
    store: Store,
    judge: str,
    body: bytes,
    *,
    note: str,
    by: str,
    follows: int,
    returns_to: int | None = None,
) -> JudgeVersion:
    with store.writing() as connection:
        last = locked_newest(connection, judge_versions)
        if last != follows:
            raise Taken(f"version {last} of the judge was published meanwhile", key="judge_moved")
        before = newest_judge(connection)
        if judge == (before.judge if before else BUNDLED):
            raise ReviewError("this is what is in force", key="same_judge")
        known = select(judge_files.c.version).where(judge_files.c.version == judge)
        if body and connection.scalar(known) is None:
            connection.execute(insert(judge_files).values(version=judge, body=body))
        made = JudgeVersion(
            number=last + 1,
            judge=judge,
            origin=JudgeOrigin.TRAINED if returns_to is None else JudgeOrigin.ROLLBACK,
            returns_to=returns_to,
            note=note.strip()[:MOST_NOTE],
            made_by=by,
            made_at=datetime.now(UTC),
        )
        row = {name: getattr(made, name) for name in JudgeVersion.__slots__}
        connection.execute(insert(judge_versions).values(row | {"origin": made.origin.value}))
        audit.record(
            connection,
            who=by,
            action="judge.published",
            subject=f"judge {made.number}",
            detail={"origin": made.origin.value, "judge": judge},
        )
    return made


def _checked(body: bytes) -> str:
    """The version of a file that is a judge of this engine. Raises ReviewError."""
    if not body or len(body) > LARGEST:
        raise ReviewError("expected a file that `qa-engine judge train` wrote", key="no_judge")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "judge.npz"
        path.write_bytes(body)
        try:
            return SentenceJudge.load(path).version
        except JudgeError:
            raise ReviewError(
                "it is no judge of this version of the engine; expected a file that "
                "`qa-engine judge train` wrote with it",
                key="no_judge",
            ) from None


def _file(store: Store, judge: str) -> Path:
    """Where the judge lies on this machine, fetched from the store once."""
    path = cache_directory() / "judges" / f"{judge}.npz"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest()[:12] != judge:
        with store.reading() as connection:
            body = body_of(connection, judge)
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as temporary:
            temporary.write_bytes(body)
    return path


def _version(row: Any) -> JudgeVersion:
    fields = {name: row._mapping[name] for name in JudgeVersion.__slots__}
    return JudgeVersion(**(fields | {"origin": JudgeOrigin(fields["origin"])}))
