"""Sessions by the newest rules; a call that has begun keeps the rules it began with to its end.

The rules of a call are named by the versions of phrasebook and judge in its first message, so that
a restart goes on with the same ones, and its report is made by them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from threading import Lock

from api.live.call_info import CallInfo, Playbook
from api.live.event_log import LogEntry
from api.live.session_factory import SessionFactory
from api.live.sessions import HitKey, Past, Session
from api.review.errors import NotThere
from api.rulebook.in_force import in_force
from api.rulebook.judges import judge_of, use_published_judge
from api.rulebook.versions import newest
from api.store import Store, StoreError
from api.store.books import kept_phrasebook
from models.judging import judging_by, open_judge
from models.recogniser import Recogniser, Samples
from phrasebook import Phrasebook
from qa_engine.events import SessionEvent
from qa_engine.line.missing import MissingSound
from qa_engine.matching.call.compiled import prepared
from qa_engine.report import Report

__all__ = ["ChangingSessions", "taking_up"]

_log = logging.getLogger("qa_engine.rules")
LOOK_S = 2.0
_KEPT = 3
"""Compiled phrasebooks in memory; an older one is compiled again when a call of it ends."""


class ChangingSessions:
    """Makes sessions as `SessionFactory` does, by whichever rules are in force."""

    def __init__(
        self, book: Phrasebook, make: Callable[[Phrasebook], SessionFactory], store: Store
    ) -> None:
        self._make = make
        self._store = store
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], SessionFactory] = OrderedDict()
        self._judge = use_published_judge(store)
        self._now = self._compiled(book, self._judge)

    @property
    def version(self) -> str:
        """Of the rules that new calls are judged by."""
        return named(self._now.phrasebook)

    @property
    def judge(self) -> str:
        """The version of the judge that new calls are judged by, as the store names it."""
        return self._judge

    def take_up(self, book: Phrasebook, judge: str | None = None) -> None:
        """From here on new calls are judged by this; some seconds of work, on any thread."""
        named_judge = self._judge if judge is None else judge
        self._now = self._compiled(book, named_judge)
        self._judge = named_judge

    def open_session(self, info: CallInfo) -> Session:
        return self._of(info.rules, info.judge).open_session(info)

    def continue_session(self, info: CallInfo, past: Past) -> tuple[Session, frozenset[HitKey]]:
        return self._of(info.rules, info.judge).continue_session(info, past)

    def hear_kept(
        self,
        info: CallInfo,
        sound: Iterable[Samples],
        recogniser: Recogniser,
        missing: MissingSound,
    ) -> tuple[Session, list[SessionEvent]]:
        return self._of(info.rules, info.judge).hear_kept(info, sound, recogniser, missing)

    def playbook(self, info: CallInfo) -> Playbook:
        return self._of(info.rules, info.judge).playbook(info)

    def report(self, call_id: str, entries: Sequence[LogEntry]) -> Report:
        return self._of(*rules_of(entries)).report(call_id, entries)

    def book_of(self, version: str) -> Phrasebook:
        """The phrasebook of a report, by the version that it names."""
        return self._of(version).phrasebook

    def _of(self, version: str, judge: str = "") -> SessionFactory:
        """`judge`: as the call's first message names it; empty: the one in force."""
        now = self._now
        version, judge = version or self.version, judge or _judge_of(now)
        if (version, judge) == (self.version, _judge_of(now)):
            return now
        with self._lock:
            known = self._kept.get((version, judge))
        if known is not None:
            return known
        with self._store.reading() as connection:
            book = kept_phrasebook(connection, version)
        if book is None:
            _log.warning("the rules of a call are not kept: it is judged by those in force")
            return now
        return self._compiled(book, judge)

    def _compiled(self, book: Phrasebook, judge: str) -> SessionFactory:
        try:
            sentences = judge_of(self._store, judge)
        except NotThere:
            _log.warning("the judge of a call is not kept: it is judged by the one in force")
            sentences = open_judge()
        with judging_by(sentences):
            made = self._make(book)
            found = prepared(made.matcher, made.phrasebook)
        with self._lock:
            self._kept[named(book), found] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


def _judge_of(made: SessionFactory) -> str:
    return prepared(made.matcher, made.phrasebook)


def named(book: Phrasebook) -> str:
    return f"{book.name} {book.version}"


def rules_of(entries: Sequence[LogEntry]) -> tuple[str, str]:
    """Phrasebook and judge that a call's first message names; empty where it names none."""
    for entry in entries[:1]:
        versions = json.loads(entry.body).get("versions") or {}
        return str(versions.get("phrasebook", "")), str(versions.get("judge", ""))
    return "", ""


@asynccontextmanager
async def taking_up(
    sessions: ChangingSessions, store: Store, *, every_s: float = LOOK_S
) -> AsyncIterator[None]:
    """While the block runs, what anybody publishes is in force here some seconds later."""
    task = asyncio.create_task(_follow(sessions, store, every_s))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(sessions: ChangingSessions, store: Store, every_s: float) -> None:
    while True:
        try:
            await asyncio.to_thread(_look, sessions, store)
        except StoreError as error:
            _log.warning("the rules in force are not known: %s", error)
        except Exception:
            # A pack that cannot be compiled must not end what runs for months.
            _log.exception("new rules were not taken up")
        await asyncio.sleep(every_s)


def _look(sessions: ChangingSessions, store: Store) -> None:
    with store.reading() as connection:
        last = newest(connection)
    judge = use_published_judge(store)
    moved = last is not None and last.book != sessions.version
    if moved or judge != sessions.judge:
        sessions.take_up(in_force(store).book, judge)
        _log.info("rules %s are in force, judge %s", sessions.version, judge or "of the engine")
