"""The desk as browsers meet it: guard, pages, a store of each kind, people of each role."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from starlette.testclient import TestClient

from api.desk.nowhere import say_nowhere
from api.desk.routes import desk_router
from api.review.accounts import passwords
from api.review.tables import people
from api.security_middleware import SecurityMiddleware
from api.settings import Settings
from api.store import Store

PASSWORD = "a sentence nobody guesses"
PEOPLE = {"anna": "agent", "ada": "agent", "ines": "inspector", "ian": "inspector"} | {
    "lena": "lead",
    "adam": "admin",
}


def desk_app(store: Store, settings: Settings) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(desk_router(store, settings))
    say_nowhere(app)
    app.add_middleware(SecurityMiddleware, hosts=frozenset({"testserver"}), frame_ancestors=())
    return app


@dataclass
class Browser:
    """One person's browser: keeps the cookie, finds the CSRF token of the last page."""

    client: TestClient
    csrf: str = ""
    page: str = ""
    answers: list[int] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> Any:
        answer = self.client.get(path, follow_redirects=False, **more)
        self._note(answer)
        return answer

    def follow(self, path: str) -> Any:
        answer = self.client.get(path, follow_redirects=True)
        self._note(answer)
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        answer = self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)
        self._note(answer)
        return answer

    def send(self, method: str, path: str, body: Any) -> Any:
        return self.client.request(method, path, json=body, headers={"X-CSRF": self.csrf})

    def _note(self, answer: Any) -> None:
        self.answers.append(answer.status_code)
        if "text/html" in answer.headers.get("content-type", ""):
            self.page = answer.text
            found = re.search(r'data-csrf="([^"]*)"', answer.text)
            self.csrf = found.group(1) if found else self.csrf


class Town:
    """The app, its store, and a browser for whoever is asked for."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.app = desk_app(store, settings)

    def browser(self, login: str = "") -> Browser:
        browser = Browser(TestClient(self.app))
        if login:
            answer = browser.post("/desk/login", login=login, password=PASSWORD)
            assert answer.status_code == 303, answer.text
            browser.get("/desk/password")
        return browser


@cache
def _hash() -> str:
    return passwords.hashed(PASSWORD, login="nobody at all")


def settle(store: Store) -> None:
    """Six people: two agents, two inspectors, a lead, an administrator."""
    rows = [
        {
            "login": login,
            "name": login.title(),
            "role": role,
            "agent": login if role == "agent" else "",
            "team": "early",
            "password": _hash(),
            "must_change": False,
            "active": True,
            "made_at": datetime.now(UTC),
        }
        for login, role in PEOPLE.items()
    ]
    with store.writing() as connection:
        connection.execute(insert(people), rows)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def settled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with people in it, to copy."""
    path = tmp_path_factory.mktemp("town") / "calls.db"
    store = Store.open(str(path))
    settle(store)
    store.close()
    return path


@pytest.fixture
def town(settled_file: Path, tmp_path: Path, settings: Settings) -> Iterator[Town]:
    shutil.copy(settled_file, tmp_path / "town.db")
    store = Store.open(str(tmp_path / "town.db"))
    yield Town(store, settings)
    store.close()


@pytest.fixture
def each_town(store: Store, settings: Settings) -> Town:
    """On SQLite and on PostgreSQL."""
    settle(store)
    return Town(store, settings)
