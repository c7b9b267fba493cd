"""A call goes in whole and redacted, and comes out as its report; the same on both databases."""

from __future__ import annotations

import multiprocessing
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import event, func, select, text, update

from api.review.judging.corrections import correct
from api.review.purge import purge
from api.review.tables import corrections
from api.store import CallFiling, Store, StoreError, audit, tables, versions
from api.store.opening import connect
from qa_engine.report import Report, redacted
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack

PHONE = "幺三八零零幺三八零零零"


def call(number: int = 1, said: str = "") -> Report:
    report = sample_report()
    first = report.utterances[0]
    if said:
        first = replace(first, text=said, words=())
    return replace(
        report,
        call=replace(report.call, id=f"call-{number}"),
        utterances=(first, *report.utterances[1:]),
        hits=tuple(hit for hit in report.hits if hit.utterance != first.id),
    )


def test_a_stored_call_comes_back_as_its_report(store: Store) -> None:
    report = call()
    store.save(report, CallFiling(agent="a1"), book=pack())

    loaded = store.load("call-1")

    assert loaded is not None
    in_order = sorted(report.steps, key=lambda step: step.id)
    assert loaded == replace(redacted(report), steps=tuple(in_order))


def test_storing_a_call_again_replaces_it(store: Store) -> None:
    for _ in range(2):
        store.save(call(), CallFiling(), book=pack())

    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.calls)) == 1
    assert len({found.utterance for found in store.search("的", limit=500)}) == len(
        store.search("的", limit=500)
    )


def test_personal_numbers_are_not_stored_in_clear(store: Store) -> None:
    store.save(call(said=f"我的手机号是{PHONE}"), CallFiling(), book=pack())

    loaded = store.load("call-1")

    assert loaded is not None
    assert PHONE not in str(loaded)
    assert loaded.utterances[0].text == "我的手机号是" + "*" * len(PHONE)


def test_a_holder_of_the_key_can_reveal(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_REVEAL_KEY", Fernet.generate_key().decode())
    store = Store.open(store_url)
    store.save(call(said=f"我的手机号是{PHONE}"), CallFiling(), book=pack())

    with store.reading() as connection:
        sealed = connection.scalar(
            select(tables.utterances.c.sealed).where(tables.utterances.c.n == 0).limit(1)
        ) or connection.scalar(
            select(tables.utterances.c.sealed).where(tables.utterances.c.sealed.is_not(None))
        )
    assert store.seal is not None
    assert sealed is not None
    assert store.seal.reveal(sealed) == f"我的手机号是{PHONE}"
    store.close()


@pytest.mark.parametrize("query", ["不知", "我不知道", "buzhi".replace("bu", "bu ")])
def test_search_finds_chinese_of_any_length_and_pinyin(store: Store, query: str) -> None:
    store.save(call(said="这个我不知道怎么办"), CallFiling(), book=pack())

    assert "这个我不知道怎么办" in {found.text for found in store.search(query)}


def test_search_by_sound_finds_what_was_misheard(store: Store) -> None:
    store.save(call(said="这个我不之到"), CallFiling(), book=pack())

    assert store.search("我不知道") == [] or all(
        "之到" not in f.text for f in store.search("我不知道")
    )
    assert "这个我不之到" in {found.text for found in store.search("我不知道", by_sound=True)}


@pytest.mark.parametrize("query", ["", "   ", "%", '"', "'; DROP TABLE calls; --", "😀", "_"])
def test_search_takes_any_query(store: Store, query: str) -> None:
    store.save(call(), CallFiling(), book=pack())

    assert store.search(query, by_sound=True) == []


def test_the_audit_trail_refuses_changes_and_shows_them(store: Store) -> None:
    store.save(call(), CallFiling(), book=pack())

    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(update(tables.audit).values(who="somebody else"))
    with store.reading() as connection:
        assert list(audit.broken_links(connection)) == []


def test_a_failed_write_leaves_no_half_call(store: Store) -> None:
    broken = call()
    twice = replace(broken, utterances=(*broken.utterances, broken.utterances[0]))

    with pytest.raises(StoreError):
        store.save(twice, CallFiling(), book=pack())

    assert store.load("call-1") is None


def test_the_tables_go_down_and_up_again(store_url: str) -> None:
    Store.open(store_url).close()
    engine = connect(store_url)
    versions.downgrade(engine, "base")
    assert versions.current(engine) is None
    versions.upgrade(engine)
    store = Store(engine)
    store.save(call(), CallFiling(), book=pack())
    assert store.load("call-1")
    store.close()


def test_a_store_of_a_newer_engine_is_refused(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="9999"):
        versions.upgrade(store.engine)


def _write(url: str, first: int) -> None:
    store = Store.open(url)
    for number in range(first, first + 10):
        store.save(call(number), CallFiling(), book=pack())
    store.close()


def test_two_processes_writing_at_once_lose_nothing(store_url: str) -> None:
    Store.open(store_url).close()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(store_url, first)) for first in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store = Store.open(store_url)
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.calls)) == 20
        assert list(audit.broken_links(connection)) == []
    store.close()


def test_a_read_only_database_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    Store.open(str(path)).close()
    store = Store(connect(f"sqlite:///file:{path}?mode=ro&uri=true"))

    with pytest.raises(StoreError, match="read-only"):
        store.save(call(), CallFiling(), book=pack())
    store.close()


def test_a_full_disk_is_told_and_keeps_no_half_call(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))

    @event.listens_for(store.engine, "connect")
    def shrink(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    store.engine.dispose()
    with pytest.raises(StoreError, match="disk is full"):
        store.save(call(), CallFiling(), book=pack())

    assert store.load("call-1") is None
    store.close()


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        assert compare_metadata(context, tables.metadata) == []


def ours(name: str | None, kind: str, _parents: object) -> bool:
    indexes = {"ix_utterances_folded", "ix_utterances_pinyin"}
    return kind != "table" or name in tables.metadata.tables if name not in indexes else False


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are notes, not tables" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Store.open(str(path))


def test_an_older_store_learns_which_calls_broke_a_check(store: Store) -> None:
    """Up from before the table, the reports that are there are read once."""
    report = call()
    store.save(report, CallFiling(), book=pack())
    want = sorted(check.id for check in report.conduct.checks if check.state == "breach")
    assert want
    broken = select(tables.breaches.c.name).where(tables.breaches.c.call_id == "call-1")
    with store.reading() as connection:
        assert sorted(connection.scalars(broken)) == want

    versions.downgrade(store.engine, "0004")
    versions.upgrade(store.engine)

    with store.reading() as connection:
        assert sorted(connection.scalars(broken)) == want


def test_purge_leaves_no_word_that_people_put_right(store: Store) -> None:
    store.save(call(1), CallFiling(started_at=datetime(2026, 1, 1, tzinfo=UTC)), book=pack())
    first = call(1).utterances[0]
    correct(store, "call-1", utterance=first.id, begin=0, end=1, said="我", by="ines")

    purge(store, before=datetime(2026, 6, 1, tzinfo=UTC), who="lead")

    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(corrections)) == 0


def test_purge_removes_old_calls_with_their_verdicts_and_says_so(store: Store) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    store.save(call(1, said="这个我不知道"), CallFiling(started_at=long_ago), book=pack())
    store.save(call(2), CallFiling(), book=pack())

    done = purge(store, before=datetime(2026, 6, 1, tzinfo=UTC), who="lead")

    assert done.calls == 1
    assert store.load("call-1") is None
    assert store.load("call-2")
    assert store.search("这个我不知道") == []
    with store.reading() as connection:
        actions = connection.scalars(select(tables.audit.c.action)).all()
    assert "calls.purged" in actions


def test_a_dry_purge_removes_nothing(store: Store) -> None:
    store.save(call(1), CallFiling(started_at=datetime(2026, 1, 1, tzinfo=UTC)), book=pack())

    done = purge(store, before=datetime(2026, 6, 1, tzinfo=UTC), who="lead", dry_run=True)

    assert done.calls == 1
    assert store.load("call-1")


def test_a_store_of_the_first_version_is_brought_up_with_its_calls(store_url: str) -> None:
    store = Store.open(store_url)
    store.save(call(said="这个我不知道怎么办"), CallFiling(), book=pack())
    versions.downgrade(store.engine, "0001")

    versions.upgrade(store.engine)

    assert [found.call_id for found in store.search("我不知道怎么办")] == ["call-1"]
    store.close()


def test_a_word_of_two_characters_is_found_however_they_are_read(store: Store) -> None:
    texts = ("为了解决这个问题", "办不了了", "我要退款", "行长", "A1")
    report = sample_report()
    spoken = tuple(
        replace(report.utterances[0], id=n, text=text, words=()) for n, text in enumerate(texts)
    )
    store.save(replace(report, utterances=spoken, hits=()), CallFiling(), book=pack())

    for query in ("了解", "了了", "退款", "款", "长", "A1", "1"):
        found = {one.text for one in store.search(query)}
        assert found == {text for text in texts if query in text}
