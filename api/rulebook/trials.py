"""Drafts tried on past calls, in the background, with progress that every server can tell.

A trial is a row of the store: who asked, how far it is, what came of it. The work is done by the
server that was asked, in processes of their own and at low priority; a trial whose server is gone
is told as failed. Results quote calls, so they are few and leave with the next purge.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from api.backtest.diff import Backtest, compare, titles_of
from api.backtest.page import as_plain
from api.backtest.reach import reach
from api.backtest.rematch import Rematched, rematch
from api.backtest.transcripts import from_store
from api.backtest.transcripts import newest as newest_said
from api.review.errors import NotThere, ReviewError, Taken
from api.store import Store, verdicts
from api.store.rule_tables import rule_trials
from phrasebook import Phrasebook

__all__ = [
    "MOST_SAID",
    "RuleTrial",
    "TrialState",
    "begin_trial",
    "last_trial",
    "stop_trial",
    "trial",
]

_log = logging.getLogger("qa_engine.rules")
MOST_SAID = 200_000
"""Utterances of one trial."""
SILENT = timedelta(seconds=90)
"""A running trial without progress for so long has lost its process."""
KEPT = 5
"""Results of one person."""


class TrialState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class _Stopped(Exception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """`number`: the version in force that the draft was compared with."""

    id: int
    login: str
    kind: str
    number: int
    state: TrialState
    done: int
    whole: int
    result: Mapping[str, Any]
    begun_at: datetime
    seen_at: datetime


def begin_trial(
    store: Store,
    login: str,
    before: Phrasebook,
    after: Phrasebook,
    *,
    number: int,
    said: int,
    workers: int | None = None,
) -> int:
    """Try `after` on the newest `said` utterances; returns the trial's id at once.

    Raises Taken while another trial of this person runs.
    """
    since, whole = newest_said(store, utterances_at_most=max(1, min(said, MOST_SAID)))
    if not whole:
        raise ReviewError("there are no calls to try it on", key="no_calls_yet")
    made = open_trial(store, login, "trial", number=number, whole=whole)
    work = threading.Thread(
        target=_run,
        args=(store, made, before, after, since, workers or max(2, os.cpu_count() or 2)),
        name=f"trial-{made}",
        daemon=True,
    )
    work.start()
    return made


def open_trial(store: Store, login: str, kind: str, *, number: int, whole: int) -> int:
    """A row for work that begins now; older results of the person leave."""
    now = datetime.now(UTC)
    with store.writing() as connection:
        mine = (rule_trials.c.login == login) & (rule_trials.c.kind == kind)
        busy = mine & (rule_trials.c.state == TrialState.RUNNING.value)
        alive = select(rule_trials.c.id).where(busy, rule_trials.c.seen_at > now - SILENT)
        if connection.scalar(alive) is not None:
            raise Taken("a trial of yours is running: wait for it, or stop it", key="trial_runs")
        old = connection.scalars(
            select(rule_trials.c.id).where(mine).order_by(rule_trials.c.id.desc()).offset(KEPT - 1)
        ).all()
        connection.execute(delete(rule_trials).where(rule_trials.c.id.in_(old)))
        done = connection.execute(
            insert(rule_trials).values(
                login=login,
                kind=kind,
                number=number,
                state=TrialState.RUNNING.value,
                done=0,
                whole=whole,
                result={},
                begun_at=now,
                seen_at=now,
                stop=False,
            )
        )
        key = done.inserted_primary_key
        assert key is not None
        return int(key[0])


def trial(connection: Connection, login: str, number: int) -> RuleTrial:
    """One's own. Raises NotThere."""
    query = select(rule_trials).where(rule_trials.c.id == number, rule_trials.c.login == login)
    row = connection.execute(query).first()
    if row is None:
        raise NotThere("no such trial", key="not_there")
    return _trial(row)


def last_trial(connection: Connection, login: str, kind: str = "trial") -> RuleTrial | None:
    """The newest of this person's; None where there is none."""
    mine = (rule_trials.c.login == login) & (rule_trials.c.kind == kind)
    query = select(rule_trials).where(mine).order_by(rule_trials.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return _trial(row) if row else None


def stop_trial(store: Store, login: str, number: int) -> None:
    """It ends at its next step; another person's goes on."""
    with store.writing() as connection:
        mine = (rule_trials.c.id == number) & (rule_trials.c.login == login)
        connection.execute(update(rule_trials).where(mine).values(stop=True))


def tell(store: Store, number: int, *, done: int) -> None:
    """How far a trial is. Raises _Stopped where its person stopped it."""
    with store.writing() as connection:
        here = rule_trials.c.id == number
        values = {"done": done, "seen_at": datetime.now(UTC)}
        connection.execute(update(rule_trials).where(here).values(values))
        if connection.scalar(select(rule_trials.c.stop).where(here)) is not False:
            raise _Stopped


def settle_trial(store: Store, number: int, state: TrialState, result: Mapping[str, Any]) -> None:
    with store.writing() as connection:
        values = {"state": state.value, "result": dict(result), "seen_at": datetime.now(UTC)}
        connection.execute(update(rule_trials).where(rule_trials.c.id == number).values(values))


def _run(
    store: Store,
    number: int,
    before: Phrasebook,
    after: Phrasebook,
    since: datetime | None,
    workers: int,
) -> None:
    try:
        with store.reading() as connection:
            judged = list(verdicts.standing(connection))
        calls = from_store(store, since=since)
        how_far = reach(before, after, judged)
        batches = rematch(calls, before, after, workers=workers, within=how_far)
        found = compare(
            _watched(store, number, batches),
            within=how_far.rules if how_far else None,
            before=f"{before.name} {before.version}",
            after=f"{after.name} {after.version}",
            judged=judged,
            titles=titles_of(before, after),
        )
        settle_trial(store, number, TrialState.DONE, told(found))
    except _Stopped:
        settle_trial(store, number, TrialState.STOPPED, {})
    except Exception:
        _log.exception("a trial failed")
        settle_trial(store, number, TrialState.FAILED, {})


def _watched(store: Store, number: int, batches: Iterator[Rematched]) -> Iterator[Rematched]:
    done = 0
    for batch in batches:
        done += batch.utterances
        tell(store, number, done=done)
        yield batch


def told(found: Backtest) -> dict[str, Any]:
    """As JSON: the rules that change, or that somebody judged, and the calls rescored."""
    was, now = found.hits_a_day()
    rules = [rule for rule in found.rules if rule.changed or rule.precision.whole]
    return {
        "after": found.after,
        "calls": found.calls,
        "utterances": found.utterances,
        "hits_a_day": [was, now],
        "rules": [as_plain(rule) for rule in rules],
        "scores": [as_plain(one) for one in found.scores],
        "rescored": found.rescored,
        "newly_passed": found.newly_passed,
        "newly_failed": found.newly_failed,
    }


def _trial(row: Any) -> RuleTrial:
    fields = {name: row._mapping[name] for name in RuleTrial.__slots__}
    state = TrialState(fields["state"])
    if state is TrialState.RUNNING and datetime.now(UTC) - fields["seen_at"] > SILENT:
        state = TrialState.FAILED
    return RuleTrial(**(fields | {"state": state}))
