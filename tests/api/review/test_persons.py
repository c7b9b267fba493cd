"""Everything about one person can be handed over, and erased; a namesake's stays."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli.people import app
from api.review import erasing, persons
from api.review.accounts import people
from api.review.errors import NotThere, ReviewError, Taken
from api.review.judging import draft_sheet, finding, reviews, submitting
from api.review.scores import scorecards
from api.review.tables import people as people_table
from api.review.tables import reviews as reviews_table
from api.review.tables import sheets
from api.store import CallFiling, Store
from api.store.number_key import NumberKey
from api.store.seal import new_key
from api.store.tables import agents, audit, calls
from tests.api.review.calls import put, report
from tests.qa_engine.report.sample_pack import pack


@pytest.fixture
def desk(store: Store) -> Store:
    """Two agents of one name, each with a call that ines judged."""
    scorecards.ensure(store, pack())
    people.create_user(store, "admin", role="admin")
    people.create_user(store, "ines", role="inspector", name="林静")
    for number, agent in ((1, "8001"), (2, "8002")):
        people.create_user(store, f"a{agent}", role="agent", name="王芳", agent=agent)
        put(store, number, agent=agent)
        judge(store, f"call-{number}")
    return store


def judge(store: Store, call: str) -> None:
    review = reviews.begin(store, call, purpose="sample", login="ines")
    with store.reading() as connection:
        missing = draft_sheet.sheet_of(connection, review)[0].missing
    items = {name: {"points": 1} for name in missing}
    submitting.submit(
        store, review.id, login="ines", revision=0, answers=items, comment=f"给 {call} 的总评"
    )


def subject(store: Store, kind: str, value: str) -> persons.Subject:
    with store.reading() as connection:
        return persons.subject_of(connection, kind, value, numbers=store.numbers)


def exported(store: Store, who: persons.Subject) -> dict[str, str]:
    made = io.BytesIO()
    persons.export(store, who, made, who="admin", sound=False)
    with zipfile.ZipFile(made) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_is_handed_over_is_the_persons_and_nobody_elses(desk: Store) -> None:
    files = exported(desk, subject(desk, "agent", "8001"))

    assert json.loads(files["person.json"])["agent"]["number"] == "8001"
    call = json.loads(files["calls/00001.json"])
    assert call["call"]["id"] == "call-1"
    assert call["report"]["utterances"]
    assert [one["comment"] for one in call["reviews"]] == ["给 call-1 的总评"]
    assert "call-2" not in "".join(files.values())
    with desk.reading() as connection:
        last = connection.scalar(select(audit.c.action).order_by(audit.c.n.desc()).limit(1))
    assert last == "person.exported"


def test_an_inspector_is_handed_what_they_wrote(desk: Store) -> None:
    files = exported(desk, subject(desk, "account", "ines"))

    assert {one["call_id"] for one in json.loads(files["reviews.json"])} == {"call-1", "call-2"}
    assert "review.submitted" in files["trail.csv"]
    assert "argon2" not in "".join(files.values())


def test_erased_an_agent_leaves_no_words_account_or_name(desk: Store) -> None:
    gone = erasing.erase(desk, subject(desk, "agent", "8001"), who="admin", reason="申请第 12 号")

    assert gone.calls == 1
    with desk.reading() as connection:
        assert connection.scalars(select(calls.c.id)).all() == ["call-2"]
        assert connection.scalars(select(agents.c.number)).all() == ["8002"]
        logins = set(connection.scalars(select(people_table.c.login)))
        words = str(connection.execute(select(sheets).where(sheets.c.call_id == "call-1")).all())
    assert logins == {"admin", "ines", "a8002"}
    assert "我也不之道" not in words
    with pytest.raises(NotThere):
        subject(desk, "agent", "8001")


def test_an_inspectors_judgements_stay_under_a_name_that_leads_to_nobody(desk: Store) -> None:
    erasing.erase(desk, subject(desk, "account", "ines"), who="admin", reason="工单88")

    with desk.reading() as connection:
        wrote = set(connection.scalars(select(reviews_table.c.inspector)))
        authors = set(connection.scalars(select(sheets.c.author)))
        bodies = str(connection.execute(select(sheets.c.body)).all())
        assert people.find(connection, "ines") is None
        assert len(connection.scalars(select(calls.c.id)).all()) == 2
    assert len(wrote) == 1
    assert wrote == authors
    assert wrote.pop().startswith("erased-")
    assert "'ines'" not in bodies


@pytest.mark.parametrize("asked", ["13912345678", "***********", "0571-8765-1111"])
def test_a_number_without_a_key_names_nobody_rather_than_everybody(desk: Store, asked: str) -> None:
    desk.numbers = None
    for number, customer in ((3, "13912345678"), (4, "13512340001")):
        desk.save(report(number), CallFiling(agent="8002", customer=customer), book=pack())

    with pytest.raises(ReviewError, match="covered") as told:
        subject(desk, "customer", asked)
    assert asked not in str(told.value)
    assert told.value.key == ("covered_subject" if "*" in asked else "no_number_key")
    with desk.reading() as connection:
        assert finding.count(connection, finding.CallFilter(customer=asked)) == 0


def test_a_person_is_found_handed_over_and_erased_by_number(desk: Store) -> None:
    desk.numbers = None
    desk.save(report(5), CallFiling(agent="8002", customer="13912345678"), book=pack())
    desk.numbers = NumberKey(new_key())
    for number, customer in ((3, "13912345678"), (4, "13512340001")):
        desk.save(report(number), CallFiling(agent="8002", customer=customer), book=pack())
    wanted = finding.CallFilter(customer="139 1234 5678")
    with desk.reading() as connection:
        assert [row.id for row in finding.find(connection, wanted, numbers=desk.numbers)] == [
            "call-3"
        ]
        assert finding.count(connection, wanted, numbers=desk.numbers) == 1

    who = subject(desk, "customer", "+86 139-1234-5678")

    files = exported(desk, who)
    assert [json.loads(files[n])["call"]["id"] for n in files if n.startswith("calls/")] == [
        "call-3"
    ]
    assert "13912345678" not in "".join(files.values())
    gone = erasing.erase(desk, who, who="admin", reason="客户要求删除")
    assert (gone.calls, gone.without_print) == (1, 1)
    with desk.reading() as connection:
        left = set(connection.scalars(select(calls.c.id)))
        trail = str(connection.execute(select(audit)).all())
    assert {"call-4", "call-5"} <= left
    assert "call-3" not in left
    assert "13912345678" not in trail
    with pytest.raises(NotThere, match="without a fingerprint"):
        subject(desk, "customer", "13912345678")


def test_a_customer_of_the_site_s_own_number_is_erased_alone(desk: Store) -> None:
    for number, customer in ((3, "C1008600"), (4, "C1008601")):
        desk.save(report(number), CallFiling(agent="8002", customer=customer), book=pack())

    erasing.erase(desk, subject(desk, "customer", "C1008600"), who="admin", reason="客户要求删除")

    with desk.reading() as connection:
        assert set(connection.scalars(select(calls.c.id))) == {"call-1", "call-2", "call-4"}


def test_erasing_wants_a_reason_and_somebody_else(desk: Store) -> None:
    admin = subject(desk, "account", "admin")
    with pytest.raises(ReviewError, match="a reason has"):
        erasing.erase(desk, admin, who="admin", reason="")
    with pytest.raises(Taken, match="themselves"):
        erasing.erase(desk, admin, who="admin", reason="不想干了吧")
    with pytest.raises(Taken, match="last administrator"):
        erasing.erase(desk, admin, who="somebody", reason="不想干了吧")


def test_one_command_does_both(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    store = Store.open(str(path))
    people.create_user(store, "admin", role="admin")
    put(store, 1, agent="8001")
    store.close()
    run, named = CliRunner(), ["8001", "--store", str(path)]
    to = tmp_path / "person.zip"

    told = run.invoke(app, ["export", *named, "--to", str(to)])
    assert told.exit_code == 0, told.output
    assert "1 calls" in told.output
    assert zipfile.is_zipfile(to)
    data = ["--data-dir", str(tmp_path / "data")]
    told = run.invoke(app, ["erase", *named, "--reason", "申请第 1 号", "--yes", *data])
    assert told.exit_code == 0, told.output

    missing = run.invoke(app, ["erase", *named, "--reason", "申请第 1 号", "--yes", *data])
    assert isinstance(missing.exception, NotThere)
