"""Every route of the whole application, by every role: the table is made from the app itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.desk.access import PUBLIC, rule, ruled
from api.desk.desk import Desk
from api.desk.routes import desk_router
from api.review.accounts.people import AccountRole
from api.settings import Settings
from api.store import Store
from tests.api.desk.conftest import PASSWORD, Town
from tests.api.review.calls import put

LOGINS = {
    AccountRole.AGENT: "anna",
    AccountRole.INSPECTOR: "ines",
    AccountRole.LEAD: "lena",
    AccountRole.ADMIN: "adam",
}
BY_TOKEN = re.compile(r"/v1/|/healthz|/readyz|/metrics|/sidebar|/board|/static/|/openapi.json")
"""Guarded by tokens or without data: tests/api/live and tests/api/web hold those."""


def routes_of(router: Any) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router)
        elif hasattr(route, "routes"):
            yield from routes_of(route)


def desk_routes() -> list[APIRoute]:
    class Nothing(Store):
        def __init__(self) -> None: ...

    return list(routes_of(desk_router(Nothing(), Settings())))


TABLE = [
    pytest.param(method, route.path, route.endpoint.roles, id=f"{method} {route.path}")  # type: ignore[attr-defined]
    for route in desk_routes()
    for method in sorted(route.methods or ())
]


def concrete(path: str) -> str:
    filled = path.replace("{kind}", "csv").replace("{name}", "desk.css").replace("{login}", "anna")
    return re.sub(r"{call_id}", "call-1", re.sub(r"{(number|task)}", "1", filled))


@pytest.fixture(scope="module")
def crowd(settled_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Any, Any]]:
    """One logged-in browser for each role, and a stranger."""
    import shutil

    folder = tmp_path_factory.mktemp("crowd")
    shutil.copy(settled_file, folder / "town.db")
    store = Store.open(str(folder / "town.db"))
    put(store)
    town = Town(store, Settings(data_dir=folder))
    yield {None: town.browser(), **{role: town.browser(who) for role, who in LOGINS.items()}}
    store.close()


def test_there_is_a_table_to_check() -> None:
    assert len(TABLE) > 35


@pytest.mark.parametrize(("method", "path", "roles"), TABLE)
def test_a_route_answers_only_the_roles_its_rule_names(
    crowd: dict[Any, Any], method: str, path: str, roles: frozenset[AccountRole]
) -> None:
    if roles == PUBLIC or path == "/desk/logout":
        return
    target = concrete(path)
    for role, browser in crowd.items():
        headers = {"X-CSRF": browser.csrf}
        answer = browser.client.request(method, target, headers=headers, follow_redirects=False)
        if role is None:
            away = answer.headers.get("location", "")
            assert answer.status_code == 401 or away.startswith("/desk/login"), role
        elif role not in roles:
            assert answer.status_code == 403, role
        else:
            assert answer.status_code not in (401, 500), role
            assert "您的角色" not in answer.text, role


@pytest.mark.parametrize(("method", "path", "roles"), TABLE)
def test_nothing_changes_without_the_token(
    crowd: dict[Any, Any], method: str, path: str, roles: frozenset[AccountRole]
) -> None:
    if method in ("GET", "HEAD") or roles == PUBLIC:
        return
    browser = crowd[next(iter(roles))]

    answer = browser.client.request(method, concrete(path), follow_redirects=False)

    assert answer.status_code == 403


def test_only_what_a_stranger_needs_is_public() -> None:
    public = {param.values[1] for param in TABLE if param.values[2] == PUBLIC}

    assert public == {"/desk/login", "/desk/static/{name}", "/desk/oidc", "/desk/oidc/back"}


def test_a_route_without_a_rule_cannot_be_made(town: Town) -> None:
    router = APIRouter(route_class=ruled(Desk(town.store, town.settings)))

    with pytest.raises(TypeError, match="without a rule"):

        @router.get("/desk/forgotten")
        def forgotten() -> None: ...


def test_every_route_of_the_application_is_of_a_kind_we_know(town: Town) -> None:
    """A new room with routes of its own must say here how it is guarded."""
    from pathlib import Path

    source = Path("api/server.py").read_text("utf-8")
    mounted = re.findall(r"include_router\((\w+)\(", source)

    assert sorted(mounted) == ["calls_router", "desk_router", "pages_router", "tokens_router"]


def test_a_rule_is_kept_on_the_endpoint() -> None:
    @rule(PUBLIC)
    def endpoint() -> None: ...

    assert endpoint.roles == PUBLIC  # type: ignore[attr-defined]


def test_a_password_is_not_told_by_any_page(crowd: dict[Any, Any]) -> None:
    pages = [crowd[AccountRole.ADMIN].get(path).text for path in ("/desk/people", "/desk/audit")]

    assert not any(PASSWORD in page or "argon2" in page for page in pages)


@pytest.mark.parametrize(
    "path",
    [
        "/desk/static/..%2f..%2fsettings.py",
        "/desk/static/%2e%2e/rules.py",
        "/desk/static/desk.css%00",
        "/desk/calls/..%2f..%2fetc%2fpasswd/audio",
        "/desk/calls/%00/audio",
        "/desk/tasks/99999999999999999999",
        "/desk/boards?team=%00",
    ],
)
def test_odd_paths_find_nothing(crowd: dict[Any, Any], path: str) -> None:
    answer = crowd[AccountRole.LEAD].client.get(path)

    assert answer.status_code in (400, 404, 422), path


def test_an_address_that_is_no_page_is_said_as_a_page(crowd: dict[Any, Any]) -> None:
    html = {"Accept": "text/html,application/xhtml+xml"}
    for browser in (crowd[AccountRole.LEAD], crowd[None]):
        for path in ("/desk/nowhere/at/all", "/desk/boards/week", "/desk/que"):
            answer = browser.client.get(path, headers=html)
            assert answer.status_code == 404
            assert answer.headers["content-type"].startswith("text/html")
            assert "回到首页" in answer.text

    # What asks for data is told as data, and so is what changes something.
    lead = crowd[AccountRole.LEAD].client
    assert lead.get("/desk/nowhere").json() == {"detail": "Not Found"}
    assert lead.post("/desk/nowhere", headers=html).json() == {"detail": "Not Found"}
    assert lead.get("/nowhere", headers=html).json() == {"detail": "Not Found"}


@pytest.mark.parametrize("path", ["/desk/", "/desk/queue/", "/desk/boards/?unit=month"])
def test_an_address_with_a_slash_too_many_still_leads_to_its_page(
    crowd: dict[Any, Any], path: str
) -> None:
    client = crowd[AccountRole.LEAD].client
    answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)

    assert answer.status_code == 307
    bare = path.replace("/?", "?").removesuffix("/")
    assert answer.headers["location"] == f"http://testserver{bare}"


def test_a_large_body_is_refused(crowd: dict[Any, Any]) -> None:
    browser = crowd[AccountRole.LEAD]

    answer = browser.client.post("/desk/scorecards", data={"card": "x" * 100_000})

    assert answer.status_code == 413
