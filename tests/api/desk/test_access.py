"""Deny by default: who is let in, sent away or refused, before any page of the desk is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from sqlalchemy import JSON, Date, create_engine, insert
from sqlalchemy.engine import Connection
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from api.desk import access
from api.desk.access import EVERYBODY, LEADS, PUBLIC, rule, ruled
from api.desk.desk import Desk
from api.review import notices
from api.review.accounts.people import AccountRole, Person
from api.review.accounts.sessions import LoginSession
from api.review.coaching import notes
from api.review.errors import NotThere, Stale
from api.review.judging.casefile import may_see
from api.review.tables import coaching_notes
from api.settings import Settings
from api.store import StoreError
from api.store.columns import UtcTime
from api.store.tables import calls, metadata

FORM = {"content-type": "application/x-www-form-urlencoded"}


def routes(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.api_route("/desk/open", methods=["GET", "POST"])
    @rule(PUBLIC)
    def _open(request: Request) -> dict[str, Any]:
        return {
            "form": access.form_of(request),
            "every": access.every(request, "box"),
            "address": access.address_of(desk, request),
        }

    @router.api_route("/desk/all", methods=["GET", "HEAD", "POST"])
    @rule(EVERYBODY)
    def _all(request: Request) -> dict[str, Any]:
        unseen = getattr(request.state, "unseen", None)
        return {"login": access.person_of(request).login, "unseen": unseen}

    @router.get("/desk/api/all")
    @rule(EVERYBODY)
    def _api(request: Request) -> dict[str, Any]:
        return {"unseen": getattr(request.state, "unseen", None)}

    @router.get("/desk/password")
    @rule(EVERYBODY)
    def _password() -> str:
        return "a new one"

    @router.get("/desk/leads")
    @rule(LEADS)
    def _leads() -> str:
        return "for leads"

    @router.get("/desk/api/broken")
    @rule(PUBLIC)
    def _broken() -> None:
        raise StoreError("down")

    @router.get("/desk/api/stale")
    @rule(PUBLIC)
    def _stale() -> None:
        error = Stale("saved over", key="stale")
        error.more = {"kept": 3}
        raise error

    @router.get("/desk/api/number/{number}")
    @rule(PUBLIC)
    def _number(number: int) -> Response:
        return JSONResponse({"number": number}, headers={"Cache-Control": "max-age=9"})

    return router


PEOPLE = {
    "anna": Person(login="anna", name="Anna", role=AccountRole.AGENT, agent="a-1"),
    "lena": Person(login="lena", name="Lena", role=AccountRole.LEAD),
    "newly": Person(login="newly", name="Newly", role=AccountRole.LEAD, must_change=True),
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Whoever the header `who` names is logged in, with the CSRF token `secret`."""

    def session_of(desk: Desk, asked: Request) -> LoginSession | None:
        person = PEOPLE.get(asked.headers.get("who", ""))
        return LoginSession(person=person, token="t", csrf="secret") if person else None

    monkeypatch.setattr(access, "session_of", session_of)
    monkeypatch.setattr(notices, "unseen", lambda connection, login: 7)
    store = SimpleNamespace(reading=nullcontext)
    desk = Desk(store=store, settings=Settings(data_dir=tmp_path))  # type: ignore[arg-type]
    app = FastAPI()
    app.include_router(routes(desk))
    return TestClient(app, follow_redirects=False, client=("a" * 70, 1))


def test_a_route_without_a_rule_cannot_be_made(tmp_path: Path) -> None:
    desk = Desk(store=None, settings=Settings(data_dir=tmp_path))  # type: ignore[arg-type]
    router = APIRouter(route_class=ruled(desk))

    with pytest.raises(TypeError, match="/desk/x: a route of the desk without a rule"):
        router.get("/desk/x")(lambda: "")


def test_a_stranger_sees_what_is_public_and_is_sent_to_the_login_elsewhere(
    client: TestClient,
) -> None:
    assert client.get("/desk/open").status_code == 200
    away = client.get("/desk/all?a=1&b=2")
    assert away.status_code == 303
    assert away.headers["location"] == "/desk/login?next=%2Fdesk%2Fall%3Fa%3D1%26b%3D2"
    assert client.get("/desk/leads").headers["location"] == "/desk/login?next=%2Fdesk%2Fleads"


@pytest.mark.parametrize(("method", "path"), [("POST", "/desk/all"), ("GET", "/desk/api/all")])
def test_a_program_that_is_a_stranger_is_told_to_log_in(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["key"]) == (401, "log_in")


def test_only_the_roles_that_a_rule_names_are_answered(client: TestClient) -> None:
    assert client.get("/desk/leads", headers={"who": "lena"}).status_code == 200
    refused = client.get("/desk/leads", headers={"who": "anna"})
    assert refused.status_code == 403
    assert "for leads" not in refused.text


def test_before_a_one_time_password_is_changed_only_its_page_opens(client: TestClient) -> None:
    newly = {"who": "newly"}
    away = client.get("/desk/all", headers=newly)
    assert (away.status_code, away.headers["location"]) == (303, "/desk/password")
    refused = client.get("/desk/api/all", headers=newly)
    assert (refused.status_code, refused.json()["key"]) == (403, "change_first")
    assert client.get("/desk/password", headers=newly).status_code == 200
    assert client.get("/desk/all", headers={"who": "lena"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        ("csrf=secret", {}, 200),
        ("csrf=wrong&csrf=secret", {}, 200),
        ("csrf=secret&csrf=wrong", {}, 403),
        ("csrf=wrong", {}, 403),
        ("csrf=", {}, 403),
        ("", {}, 403),
        ("", {"x-csrf": "secret"}, 200),
        ("csrf=secret", {"x-csrf": "wrong"}, 403),
    ],
)
def test_what_changes_something_shows_the_token_of_its_page(
    client: TestClient, body: str, more: dict[str, str], status: int
) -> None:
    answer = client.post("/desk/all", content=body, headers={"who": "anna", **FORM, **more})

    assert answer.status_code == status


def test_what_only_reads_shows_no_token(client: TestClient) -> None:
    assert client.get("/desk/all", headers={"who": "anna"}).json()["login"] == "anna"
    assert client.head("/desk/all", headers={"who": "anna"}).status_code == 200


@pytest.mark.parametrize(
    ("site", "status"),
    [(None, 200), ("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)],
)
def test_a_form_on_another_site_is_refused_at_public_pages_too(
    client: TestClient, site: str | None, status: int
) -> None:
    headers = FORM | ({"sec-fetch-site": site} if site else {})

    assert client.post("/desk/open", content="a=1", headers=headers).status_code == status
    assert client.get("/desk/open", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/desk/open?a=%00", "/desk/op%00en"])
def test_no_address_holds_a_zero_byte(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pages_and_pages_alone_are_told_what_is_unseen(client: TestClient) -> None:
    anna = {"who": "anna"}
    assert client.get("/desk/all", headers=anna).json()["unseen"] == 7
    assert client.get("/desk/api/all", headers=anna).json()["unseen"] is None
    posted = client.post("/desk/all", content="csrf=secret", headers=anna | FORM)
    assert posted.json()["unseen"] is None


def test_a_form_gives_its_last_values_and_all_of_a_box(client: TestClient) -> None:
    body = "a=1&a=+2+&empty=&box=x&box=y&nul=a%00b"
    told = client.post("/desk/open", content=body, headers=FORM).json()

    assert told["form"] == {"a": "2", "empty": "", "box": "y", "nul": "ab"}
    assert told["every"] == ["x", "y"]
    assert client.post("/desk/open", content=body).json()["form"] == {}
    with_charset = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert client.post("/desk/open", content=body, headers=with_charset).json()["form"]["a"] == "2"


def test_a_form_that_cannot_be_read_is_refused(client: TestClient) -> None:
    def status(content: str | bytes) -> int:
        return client.post("/desk/open", content=content, headers=FORM).status_code

    assert status("&".join(f"f{number}=1" for number in range(500))) == 200
    assert status("&".join(f"f{number}=1" for number in range(501))) == 400
    assert status(b"\xff") == 400


def test_whose_attempts_these_are_is_cut_to_what_an_address_can_be(client: TestClient) -> None:
    assert client.get("/desk/open").json()["address"] == "a" * 64


def test_what_breaks_is_told_with_its_status(client: TestClient) -> None:
    down = client.get("/desk/api/broken")
    assert (down.status_code, down.json()["key"]) == (503, "store_down")
    assert down.json()["error"] == "the store does not answer"
    stale = client.get("/desk/api/stale")
    assert stale.json() == {"error": "saved over", "key": "stale", "kept": 3}
    assert client.get("/desk/api/number/x").status_code == 400


def test_nothing_is_kept_by_a_cache_unless_its_page_says_so(client: TestClient) -> None:
    assert client.get("/desk/open").headers["cache-control"] == "no-store"
    assert client.get("/desk/api/broken").headers["cache-control"] == "no-store"
    assert client.get("/desk/api/number/4").headers["cache-control"] == "max-age=9"


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A call of a-1, one of a-2, one that nobody owns; a note of a-1, one of nobody."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine, [calls, coaching_notes])
    with engine.begin() as connection:
        for number, agent in enumerate(("a-1", "a-2", "")):
            for table, values in ((calls, {"id": f"c{number}"}), (coaching_notes, {"id": number})):
                full = {c.name: _anything(c) for c in table.c if not c.nullable}
                connection.execute(insert(table).values(full | {"agent": agent} | values))
        yield connection
    engine.dispose()


def _anything(column: Any) -> Any:
    if isinstance(column.type, UtcTime):
        return datetime.now(UTC)
    if isinstance(column.type, Date):
        return date(2026, 1, 1)
    if isinstance(column.type, JSON):
        return {}
    return column.type.python_type()


@pytest.mark.parametrize(
    ("role", "agent", "seen"),
    [
        (AccountRole.AGENT, "a-1", ["c0"]),
        (AccountRole.AGENT, "", []),
        (AccountRole.INSPECTOR, "", ["c0", "c1", "c2"]),
        (AccountRole.LEAD, "a-1", ["c0", "c1", "c2"]),
    ],
)
def test_an_agent_sees_their_own_calls_and_none_without_an_agent(
    connection: Connection, role: AccountRole, agent: str, seen: list[str]
) -> None:
    person = Person(login="p", name="P", role=role, agent=agent)
    found = []
    for call_id in ("c0", "c1", "c2", "c9"):
        try:
            found.append(may_see(connection, person, call_id).id)
        except NotThere:
            continue

    assert found == seen


@pytest.mark.parametrize(
    ("role", "agent", "read"),
    [
        (AccountRole.AGENT, "a-1", [0]),
        (AccountRole.AGENT, "", []),
        (AccountRole.INSPECTOR, "", [0, 1, 2]),
    ],
)
def test_an_agent_reads_their_own_notes_and_none_without_an_agent(
    connection: Connection, role: AccountRole, agent: str, read: list[int]
) -> None:
    person = Person(login="p", name="P", role=role, agent=agent)
    found = []
    for number in (0, 1, 2, 9):
        try:
            found.append(notes.for_person(connection, number, person).id)
        except NotThere:
            continue

    assert found == read
