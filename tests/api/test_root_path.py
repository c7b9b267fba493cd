"""A server under a path of its host: links, redirects, cookies and sockets stay there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.review.accounts import people
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(settings_for(tmp_path, root_path="/qa/"), scripted_hearing(tmp_path)) as up:
        yield up


def test_it_answers_with_the_prefix_and_where_a_proxy_took_it_off(server: Server) -> None:
    for path in ("/qa/readyz", "/readyz", "/qa/desk/login", "/desk/login"):
        assert httpx.get(server.http + path).status_code == 200, path
    assert httpx.get(server.http + "/qax/readyz").status_code == 404
    assert httpx.get(server.http + "/qa/openapi.json").json()["servers"] == [{"url": "/qa"}]


def test_redirects_and_cookies_carry_the_prefix(server: Server) -> None:
    password = people.first_admin(server.app.state.store)
    with httpx.Client(base_url=server.http) as client:
        assert client.get("/qa/desk/people").headers["location"].startswith("/qa/desk/login?next=")
        assert client.get("/qa").headers["location"] == "/qa/desk"
        assert client.get("/qa/desk/").headers["location"] == "/qa/desk"
        fields = {"login": "admin", "password": password, "next": "/desk/people"}
        answer = client.post("/qa/desk/login", data=fields)
        assert answer.headers["location"] == "/qa/desk/people"
        assert "Path=/qa/;" in answer.headers["set-cookie"]
        assert client.get("/qa/desk/password").status_code == 200
        assert client.get("/desk/password").headers["location"].startswith("/qa/desk/login")
