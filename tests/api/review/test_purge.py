"""After a purge nothing of the call can be read any more, anywhere: every byte is looked at."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text

from api.batch.ledger import FileFacts, FileState, Ledger, tick
from api.batch.sources import Source
from api.live.log_tables import SCHEMA
from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.judging import appeals, draft_sheet, reviews, submitting
from api.review.purge import purge
from api.review.scores import scorecards
from api.review.tables import appeals as appeals_table
from api.review.tables import calibrations, waves
from api.review.tables import reviews as reviews_table
from api.store import CallFiling, Store, tables
from api.store.audio import AudioShelf
from api.store.verdicts import Verdict, give
from api.traces import MachineTraces
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

NUMBER = "13912345678"
NAME = "欧阳娜娜的"
"""No rule covers a name: what people write of it is there until the purge."""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
CUT_OFF = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


def recorded(store: Store, data_dir: Path, number: int = 1, *, at: datetime = LONG_AGO) -> str:
    """A call with its recording, from a file whose name holds a telephone number."""
    shelf = AudioShelf(data_dir / "shelf")
    path = data_dir / "incoming.wav"
    path.write_bytes(f"sound of {NUMBER} {number}".encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    shelf.keep(path, digest)
    path.unlink()
    made = report(number)
    object.__setattr__(made.versions, "audio", digest)
    store.save(made, CallFiling(agent="anna", started_at=at), book=pack())
    with store.writing() as connection:
        shelf.note(connection, digest, 20)
        connection.execute(
            insert(waves).values(
                audio_hash=digest, bucket_ms=1, channels=1, low=NUMBER.encode(), high=b""
            )
        )
        facts = FileFacts(20, 1, digest)
        tick(connection, source(number), facts, judged_by="us", state=FileState.DONE)
        connection.execute(tables.sources.update().values(call_id=f"call-{number}"))
        failed = source(99)
        tick(connection, failed, facts, judged_by="us", state=FileState.FAILED, reason=failed.name)
        connection.execute(
            tables.sources.update().where(tables.sources.c.state == "failed").values(at=LONG_AGO)
        )
    (data_dir / "heard").mkdir(exist_ok=True)
    (data_dir / "heard" / f"{digest}.webm").write_bytes(f"as a browser plays {NUMBER}".encode())
    return digest


def source(number: int) -> Source:
    return Source(path=Path(f"/calls/{NUMBER}/{number}.wav"), agent="anna")


def judged(store: Store) -> None:
    """Comments, notes, reasons and answers that all hold the number."""
    scorecards.ensure(store, pack())
    for login, role in (("ines", "inspector"), ("lena", "lead"), ("anna", "agent")):
        people.create_user(store, login, role=role)
    review = reviews.begin(store, "call-1", purpose="sample", login="ines")
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, review)
    items = {name: {"points": 1, "note": NAME} for name in sheet.missing}
    submitting.submit(
        store, review.id, login="ines", revision=0, answers=items, comment=f"客户叫{NAME}"
    )
    submitting.acknowledge(store, review.id, login="anna", comment=NAME)
    anna = Person(login="anna", name="Anna", role=AccountRole.AGENT, agent="anna")
    lena = Person(login="lena", name="Lena", role=AccountRole.LEAD)
    within = timedelta(days=9)
    made = appeals.appeal(store, "call-1", review.id, by=anna, reason=f"{NAME}录音", within=within)
    appeals.open_answer(store, made, lena)
    appeals.answer(store, made, by=lena, accepted=False, words=f"维持，{NAME}")
    with store.writing() as connection:
        hit = connection.execute(select(tables.hits).limit(1)).one()
        place = {k: hit._mapping[k] for k in ("rule", "utterance", "begin_char", "end_char")}
        give(
            connection,
            Verdict(
                call_id="call-1", hit_id=hit.id, right=True, by="ines", comment=NUMBER, **place
            ),
        )
        connection.execute(
            insert(calibrations).values(
                call_id="call-1", title=NUMBER, inspectors=[], made_by="lena", made_at=LONG_AGO
            )
        )


def live(data_dir: Path, call_id: str, *, at: datetime = LONG_AGO) -> None:
    """A live call's log, with the words as they were said."""
    log = sqlite3.connect(data_dir / "live.sqlite")
    log.execute("PRAGMA journal_mode = WAL")
    log.executescript(SCHEMA)
    began = at.timestamp()
    details = json.dumps({"customer": NUMBER})
    log.execute("INSERT INTO call VALUES (?, ?, ?, ?)", (call_id, began, began + 9, details))
    body = json.dumps({"text": f"{call_id} 我的号码是 {NUMBER}"})
    log.execute("INSERT INTO event VALUES (?, 1, 'utterance', '', 0, ?)", (call_id, body))
    log.commit()
    log.close()


def places(store: Store, *folders: Path) -> Iterator[str]:
    """Every file and every row in which the number can be read."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            held = file.read_bytes() if file.is_file() else b""
            if NUMBER in file.name or any(word.encode() in held for word in (NUMBER, NAME)):
                yield str(file.relative_to(folder))
    with store.reading() as connection:
        for name in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                told = str(tuple(row)) + json.dumps(
                    [value for value in row if isinstance(value, str)], ensure_ascii=False
                )
                told += told.encode().decode("unicode_escape", "ignore")
                if any(word in told for word in (NUMBER, NAME)):
                    yield name


def test_no_byte_of_a_purged_call_is_left(store: Store, data_dir: Path, tmp_path: Path) -> None:
    recorded(store, data_dir)
    judged(store)
    live(data_dir, "call-1")
    live(data_dir, "never-filed")
    found = set(places(store, tmp_path))
    assert {"sources", "reviews", "appeals", "verdicts", "calibrations", "waves"} <= found
    assert {"data/live.sqlite"} <= found
    assert any("heard" in place for place in found)
    assert any("shelf" in place for place in found)

    purge(store, before=CUT_OFF, who="lead", traces=MachineTraces(data_dir))

    assert list(places(store, tmp_path)) == []


def test_what_people_decided_stays(store: Store, data_dir: Path) -> None:
    recorded(store, data_dir)
    judged(store)
    with store.reading() as connection:
        score = connection.scalar(select(reviews_table.c.score))

    purge(store, before=CUT_OFF, who="lead", traces=MachineTraces(data_dir))

    with store.reading() as connection:
        kept = connection.execute(select(reviews_table)).all()
        answered = connection.execute(select(appeals_table)).one()
    assert {row.score for row in kept} >= {score}
    assert answered.state == "rejected"
    assert all(row.answers["items"] for row in kept)


def test_the_next_batch_does_not_bring_a_purged_call_back(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(store, data_dir)
    monkeypatch.setattr(Source, "seen", lambda _: FileFacts(20, 1, ""))

    purge(store, before=CUT_OFF, who="lead")

    assert Ledger(store, "us").is_done(source(1))
    assert not Ledger(store, "us").is_done(source(2))


def test_a_newer_call_keeps_what_it_shares(store: Store, data_dir: Path, tmp_path: Path) -> None:
    digest = recorded(store, data_dir)
    again = report(2)
    object.__setattr__(again.versions, "audio", digest)
    store.save(again, CallFiling(agent="anna", started_at=datetime.now(UTC)), book=pack())
    live(data_dir, "call-2", at=datetime.now(UTC))

    done = purge(store, before=CUT_OFF, who="lead", traces=MachineTraces(data_dir))

    assert (done.calls, done.recordings) == (1, 0)
    assert (data_dir / "heard" / f"{digest}.webm").exists()
    log = sqlite3.connect(data_dir / "live.sqlite")
    assert log.execute("SELECT call_id FROM call").fetchall() == [("call-2",)]
    log.close()


def test_a_purge_that_cannot_remove_a_copy_says_so_and_finds_it_again(
    store: Store, data_dir: Path
) -> None:
    class Stuck(MachineTraces):
        def remove(self, call_ids: object, hashes: object) -> None:
            raise OSError(13, "Permission denied")

    recorded(store, data_dir)
    with pytest.raises(OSError, match="Permission"):
        purge(store, before=CUT_OFF, who="lead", traces=Stuck(data_dir))

    assert store.load("call-1")
    assert purge(store, before=CUT_OFF, who="lead", traces=MachineTraces(data_dir)).calls == 1
