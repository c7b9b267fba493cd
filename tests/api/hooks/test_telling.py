"""Hooks are told what happened: in order, again after a failure, from any number on, never of a purged call."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from api.hooks import news, task
from api.hooks.cursor import Cursors
from api.hooks.hook import Hook, NewsKind, read
from api.hooks.news import after
from api.hooks.task import Telling
from api.live.board import Board
from api.live.event_log import LogEntry
from api.review.accounts import people
from api.review.coaching import notes
from api.review.judging import draft_sheet, reviews, submitting, withdrawing
from api.review.purge import purge
from api.review.scores import scorecards
from api.store import Store, audit
from tests.api.hooks.receiver import Receiver, receiver
from tests.api.live.servers import wait_for
from tests.api.review.calls import put
from tests.qa_engine.report.sample_pack import pack

SECRET = b"a secret of the hooks"
QUICK_S = 0.02


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "EVERY_S", QUICK_S)
    monkeypatch.setattr(task, "FIRST_WAIT_S", QUICK_S)


def telling(store: Store, folder: Path, *hooks: Hook) -> Telling:
    return Telling(list(hooks), store, folder, secret=SECRET, desk="")


def run(
    one: Telling,
    until: Callable[[], bool],
    *,
    board: Board | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """The telling, while something happens, until it is done."""

    async def work() -> None:
        async with one.running(board or Board(100), every_s=QUICK_S):
            await asyncio.to_thread(meanwhile)
            await asyncio.to_thread(wait_for, until)

    asyncio.run(work())


def from_the_first(folder: Path, *hooks: Hook) -> None:
    Cursors(folder).write({hook.name: 0 for hook in hooks})


def appeal(store: Store, call_id: str) -> None:
    with store.writing() as connection:
        audit.record(
            connection,
            who="anna",
            action="appeal.made",
            subject=call_id,
            detail={"review": None, "score": 80.0},
        )


def _put(store: Store, number: int) -> None:
    put(store, number)


def kinds(site: Receiver) -> list[str]:
    return [told["type"] for told in site.told]


def test_a_call_its_hits_an_appeal_and_a_note_are_told_in_order(
    store: Store, tmp_path: Path
) -> None:
    with receiver() as site:
        hook = read(site.url)

        def meanwhile() -> None:
            put(store, 1)
            appeal(store, "call-1")
            notes.give(store, "anna", title="开场", words="先报工号", chosen=(), by="ines")

        run(
            telling(store, tmp_path, hook),
            lambda: "note" in kinds(site),
            meanwhile=meanwhile,
        )
    told = site.told
    call, *hits, appealed, note = told
    assert kinds(site) == ["call", *["hit"] * len(hits), "appeal", "note"]
    assert call["call_id"] == "call-1"
    assert call["agent"] == "anna"
    assert call["hits"] == len(hits) >= 1
    assert {hit["effect"] for hit in hits} <= {"counted", "waiting"}
    assert all(hit["quote"] for hit in hits)
    assert (appealed["state"], appealed["by"]) == ("made", "anna")
    assert note["agent"] == "anna"
    numbers = [one["sequence"] for one in told]
    assert numbers == sorted(numbers)
    assert len({one["id"] for one in told}) == len(told)


def test_a_sheet_that_is_handed_in_or_taken_back_is_told_unless_it_is_blind(store: Store) -> None:
    scorecards.ensure(store, pack())
    people.create_user(store, "ines", role="inspector")
    put(store, 1)
    review = reviews.begin(store, "call-1", purpose="sample", login="ines")
    handed_in = hand_in(store, review)
    withdrawing.withdraw(store, review.id, login="ines")
    hand_in(store, reviews.begin(store, "call-1", purpose="double", login="ines"))
    with store.reading() as connection:
        news, _ = after(connection, 0)
    told = [one.body for one in news if one.kind is NewsKind.REVIEW]
    shared = {"call_id": "call-1", "agent": "anna", "by": "ines", "purpose": "sample"}
    assert [one.items() >= shared.items() for one in told] == [True, True]
    assert [one["state"] for one in told] == ["submitted", "withdrawn"]
    assert told[0]["score"] == handed_in.score
    assert told[0]["machine_score"] == handed_in.machine_score


def hand_in(store: Store, review: reviews.Review) -> reviews.Review:
    with store.reading() as connection:
        review = reviews.by_number(connection, review.id)
        missing = draft_sheet.sheet_of(connection, review)[0].missing
    answers = review.answers["items"] | {name: {"points": 1} for name in missing}
    return submitting.submit(
        store, review.id, login="ines", revision=review.revision, answers=answers, comment=""
    )


def test_a_new_hook_hears_of_nothing_old(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    with receiver() as site:
        run(
            telling(store, tmp_path, read(site.url + "#call")),
            lambda: len(site.got) >= 1,
            meanwhile=lambda: _put(store, 2),
        )
    assert [told["call_id"] for told in site.told] == ["call-2"]


def test_what_is_not_taken_is_told_again_before_anything_else(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    put(store, 2)
    with receiver() as site:
        hook = read(site.url + "#call")
        from_the_first(tmp_path, hook)
        site.answers = [(503, {}), (500, {}), (429, {})]
        run(telling(store, tmp_path, hook), lambda: len(site.got) >= 5)
    assert [told["call_id"] for told in site.told] == ["call-1"] * 4 + ["call-2"]
    assert len({told["id"] for told in site.told}) == 2, "the same item has the same id"


def test_what_is_not_wanted_is_left_out_after_five_times(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    put(store, 2)
    with receiver() as site:
        hook = read(site.url + "#call")
        from_the_first(tmp_path, hook)
        site.answers = [(400, {})] * 5
        run(telling(store, tmp_path, hook), lambda: len(site.got) >= 6)
    assert [told["call_id"] for told in site.told] == ["call-1"] * 5 + ["call-2"]


def test_a_slow_hook_holds_up_no_other(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    with receiver() as site, receiver() as dead:
        dead.answers = [(503, {})] * 10_000
        hooks = [read(dead.url), read(site.url + "#call")]
        from_the_first(tmp_path, *hooks)
        run(telling(store, tmp_path, *hooks), lambda: len(site.got) >= 1)


def test_a_restart_goes_on_where_the_last_one_was(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    with receiver() as site:
        hook = read(site.url + "#call")
        from_the_first(tmp_path, hook)
        last = lambda: _reached(store, tmp_path, hook)  # noqa: E731
        run(telling(store, tmp_path, hook), last)
        put(store, 2)
        run(telling(store, tmp_path, hook), last)
    assert [told["call_id"] for told in site.told] == ["call-1", "call-2"]


def _reached(store: Store, folder: Path, hook: Hook) -> bool:
    with store.reading() as connection:
        _, upto = after(connection, 0)
    return Cursors(folder).read()[hook.name] == upto


def test_everything_is_told_again_from_a_number_on(store: Store, tmp_path: Path) -> None:
    put(store, 1)
    with receiver() as site:
        hook = read(site.url + "#call")
        one = telling(store, tmp_path, hook)
        Cursors(tmp_path).ask_again(hook.name, 0)
        run(one, lambda: len(site.got) >= 1)
        assert [told["call_id"] for told in site.told] == ["call-1"]
        assert Cursors(tmp_path).taken_up() == {}


def test_of_a_purged_call_nothing_is_told_any_more(store: Store, tmp_path: Path) -> None:
    put(store, 1, days_ago=400)
    put(store, 2)
    appeal(store, "call-1")
    purge(store, before=datetime.now(UTC) - timedelta(days=365), who="root")
    with store.reading() as connection:
        told, _ = after(connection, 0)
    assert {one.body["call_id"] for one in told if one.kind is not NewsKind.PURGED} == {"call-2"}
    # Whoever was told of it before is told to remove it, in no words of the call's.
    gone = [one.body for one in told if one.kind is NewsKind.PURGED]
    assert gone == [{"call_id": "call-1"}]
    assert told[-1].kind is NewsKind.PURGED


def test_what_is_written_while_the_trail_is_read_is_not_skipped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, 1)
    asked = news.newest

    def then_another(connection: Connection) -> int:
        last = asked(connection)
        if connection.dialect.name == "postgresql":
            put(store, 2)
        return last

    monkeypatch.setattr(news, "newest", then_another)
    with store.reading() as connection:
        first, upto = news.after(connection, 0)
    monkeypatch.setattr(news, "newest", asked)
    with store.reading() as connection:
        second, _ = news.after(connection, upto)
    told = {one.body["call_id"] for one in (*first, *second)}
    assert "call-1" in told
    if store.engine.dialect.name == "postgresql":
        assert "call-2" in told


def test_an_alert_is_told_at_once_and_without_the_caller_s_words(
    store: Store, tmp_path: Path
) -> None:
    said: dict[str, Any] = {
        "type": "alert",
        "call_id": "c-9",
        "seq": 17,
        "at_ms": 4_000,
        "state": "raised",
        "severity": "critical",
        "title": "威胁曝光",
        "quote": "我要向媒体曝光你们",
        "suggest": ["通知主管"],
        "rule": "media",
        "age_ms": 200,
    }
    entry = LogEntry(
        call_id="c-9", seq=17, type="alert", body=json.dumps(said), slot="", supervisor=True
    )
    board = Board(100)
    with receiver() as site:
        hook = read(site.url + "#alert")

        async def work() -> None:
            async with telling(store, tmp_path, hook).running(board, every_s=QUICK_S):
                await asyncio.sleep(0.2)
                board.alert([entry])
                await asyncio.to_thread(wait_for, lambda: site.got)

        asyncio.run(work())
    (told,) = site.told
    assert (told["type"], told["title"], told["call_id"]) == ("alert", "威胁曝光", "c-9")
    assert "曝光你们" not in site.got[0][1].decode()


def test_a_server_that_stops_is_not_held_up_by_a_hook_that_hears_of_alerts(
    store: Store, tmp_path: Path
) -> None:
    board = Board(100)
    hook = read("http://127.0.0.1:9/qa#alert")

    async def work() -> None:
        async with telling(store, tmp_path, hook).running(board, every_s=QUICK_S):
            await asyncio.sleep(5 * QUICK_S)
            board.end(1001)
            # Where the hook never waits any more, this would not come back either.
            await asyncio.sleep(5 * QUICK_S)

    stopping = threading.Thread(target=asyncio.run, args=(work(),), daemon=True)
    stopping.start()
    stopping.join(20)
    assert not stopping.is_alive()
