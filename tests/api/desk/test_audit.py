"""Who looked at what is on record, found by person, call and action; a cut end is noticed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from api.cli.stores import app
from api.desk.desk import prepare_desk
from api.review.sampling import drawing, plans
from api.store import Store, StoreError, anchor
from api.store.tables import audit
from tests.api.desk.conftest import Browser, Town
from tests.api.review.calls import put


@pytest.fixture
def busy(each_town: Town) -> Town:
    """A queue with a call in it."""
    town = each_town
    prepare_desk(town.store, town.settings)
    put(town.store)
    plans.make_plan(town.store, name="all", kind="random", amount=99, by="lena")
    drawing.draw(town.store, since=datetime.now(UTC) - timedelta(days=9), by="lena")
    return town


def rows(store: Store, who: str) -> list[tuple[str, str]]:
    with store.reading() as connection:
        query = select(audit.c.action, audit.c.subject).where(audit.c.who == who)
        found = connection.execute(query.order_by(audit.c.n)).all()
    return [(row.action, row.subject) for row in found if row.action != "session.opened"]


def test_reading_searching_exporting_and_opening_are_rows(busy: Town) -> None:
    agent, inspector = busy.browser("anna"), busy.browser("ines")
    agent.get("/desk/calls/call-1")
    agent.get("/desk/calls/call-1")
    inspector.get("/desk/search?q=王先生&agent=anna")
    inspector.get("/desk/search.csv?agent=anna")
    inspector.follow(inspector.post("/desk/queue/next").headers["location"])
    inspector.get("/desk/boards.csv?view=agents&unit=quarter")

    assert rows(busy.store, "anna") == [("call.read", "call-1")]
    read = rows(busy.store, "ines")
    assert [action for action, _ in read] == [
        "search.made",
        "calls.exported",
        "task.opened",
        "board.exported",
    ]
    assert read[0][1] == "q …, agent anna"
    with busy.store.reading() as connection:
        assert "王先生" not in str(connection.execute(select(audit)).all())


def listed(browser: Browser, query: str) -> list[dict[str, str]]:
    content = browser.get(f"/desk/audit.csv?{query}").content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_trail_is_found_by_person_call_action_and_day(busy: Town) -> None:
    busy.browser("anna").get("/desk/calls/call-1")
    admin = busy.browser("adam")
    page = admin.get("/desk/audit?subject=call-1&action=call.read").text
    assert page.count("<td>查看通话</td>") == 1

    assert {row["操作人"] for row in listed(admin, "who=anna")} == {"anna"}
    assert {row["对象"] for row in listed(admin, "subject=call-1")} == {"call-1"}
    assert listed(admin, "until=2020-01-01") == []
    assert len(listed(admin, "begin=2020-01-01&action=call.read")) == 1
    assert rows(busy.store, "adam")[-1] == ("audit.exported", "audit.csv")


def cut(store: Store) -> None:
    """Somebody with the database's own rights takes the last rows away."""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
            ).all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)"))


def test_an_end_that_was_cut_off_is_noticed(busy: Town) -> None:
    head = busy.settings.data_dir / anchor.FILE
    head.parent.mkdir(parents=True, exist_ok=True)
    admin = busy.browser("adam")
    assert "末端还没有另存" in admin.get("/desk/audit").text
    with busy.store.reading() as connection:
        assert anchor.renew(connection, head)
    assert "末端已另存" in admin.get("/desk/audit").text

    cut(busy.store)

    page = admin.get("/desk/audit?check=1").text
    assert "记录被截断" in page
    assert "记录链完整" in page
    with busy.store.reading() as connection:
        assert not anchor.renew(connection, head)


def test_the_command_notes_the_end_and_tells_of_a_cut(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    put(store)
    head, run = tmp_path / "head.json", CliRunner()
    command = ["audit", "--store", str(tmp_path / "calls.db"), "--head", str(head)]
    assert run.invoke(app, command).exit_code == 0
    assert "is there" in run.invoke(app, command).output

    cut(store)
    store.close()

    told = run.invoke(app, command)
    assert told.exit_code == 1
    assert "rows were cut off" in told.output


def test_a_damaged_note_is_told(tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text("[]", "utf-8")

    with pytest.raises(StoreError, match="not a noted head"):
        anchor.load(tmp_path / "head.json")
