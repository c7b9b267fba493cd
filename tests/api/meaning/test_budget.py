"""A day's budget is kept in the store; what does not fit into it is asked the next day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from api.meaning.budget import Budget
from api.meaning.passes import answer_waiting, count_waiting
from api.store import Store
from tests.api.meaning.scripted import serving
from tests.api.meaning.stored import asking, endpoint, fill, many, pack

MONDAY, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)


def test_the_budget_stops_a_pass_cleanly_and_it_goes_on_the_next_day(
    store: Store, tmp_path: Path
) -> None:
    book = pack(tmp_path)
    fill(store, book, list(many(book, 8)))
    days = [MONDAY]
    with serving() as server:
        where = endpoint(server.url, tokens_a_day=9_000, concurrency=1)
        with asking(store, where, day=lambda: days[-1]) as asker:
            first = answer_waiting(store, asker)
            asked = len(server.received)
            assert "budget" in first.stopped
            assert 0 < asked < 8
            assert count_waiting(store) == 8 - asked
            assert Budget(store, where, day=lambda: MONDAY).spent().tokens == asked * 1_100

            again = answer_waiting(store, asker)
            assert (again.answered, len(server.received)) == (0, asked)

            days.append(TUESDAY)
            rest = answer_waiting(store, asker)
    assert len(rest.calls) > 0
    assert Budget(store, where, day=lambda: TUESDAY).spent().requests == len(rest.calls)


def test_money_is_a_budget_too(store: Store, tmp_path: Path) -> None:
    book = pack(tmp_path)
    fill(store, book, list(many(book, 4)))
    with serving() as server:
        where = endpoint(server.url, concurrency=1, price_in=10.0, price_out=100.0, cost_a_day=0.19)
        with asking(store, where) as asker:
            tally = answer_waiting(store, asker)
            spent = Budget(store, where, day=lambda: MONDAY).spent()
    assert "budget" in tally.stopped
    # A request may cost .16 at most, and costs .02: the third would not fit.
    assert len(tally.calls) == 2
    assert round(spent.cost, 6) == 0.04


def test_what_was_not_answered_costs_nothing_where_the_server_never_worked(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, list(many(book, 1)))
    with serving(lambda number: "503") as server:
        where = endpoint(server.url)
        with asking(store, where) as asker:
            answer_waiting(store, asker)
    assert Budget(store, where, day=lambda: MONDAY).spent().tokens == 0
    store.close()
