"""Coming in, by password, proxy and identity provider, and what every door holds shut."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy import select
from starlette.testclient import TestClient

from api.desk.desk import Desk
from api.desk.oidc_http import oidc_router
from api.review.accounts import people
from api.review.tables import attempts
from api.review.tables import people as people_table
from api.settings import Settings
from api.store.seal import Seal, new_key
from tests.api.desk.conftest import PASSWORD, Browser, Town, desk_app


def test_each_role_lands_on_its_own_page(town: Town) -> None:
    landed = {}
    for login in ("anna", "ines", "lena", "adam"):
        landed[login] = town.browser(login).get("/desk").headers["location"]

    assert landed == {
        "anna": "/desk/my",
        "ines": "/desk/queue",
        "lena": "/desk/boards",
        "adam": "/desk/people",
    }


def test_a_stranger_is_sent_to_the_login_and_then_on(town: Town) -> None:
    browser = town.browser()
    away = browser.get("/desk/people?x=1").headers["location"]
    assert away == "/desk/login?next=%2Fdesk%2Fpeople%3Fx%3D1"

    answer = browser.post("/desk/login", login="adam", password=PASSWORD, next="/desk/people?x=1")

    assert answer.headers["location"] == "/desk/people?x=1"


@pytest.mark.parametrize(
    "next", ["https://evil.example", "//evil.example", "/desk/../x", "/desk\\evil", "/other"]
)
def test_a_login_never_leads_elsewhere(town: Town, next: str) -> None:
    answer = town.browser().post("/desk/login", login="adam", password=PASSWORD, next=next)

    assert answer.headers["location"] == "/desk"


def test_the_cookie_is_hidden_from_scripts_and_new_at_each_login(town: Town) -> None:
    browser = town.browser()
    browser.client.cookies.set("qa_session", "planted-by-somebody-else")
    first = browser.post("/desk/login", login="ines", password=PASSWORD)
    cookie = first.headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "planted" not in cookie
    second = browser.post("/desk/login", login="ines", password=PASSWORD)
    assert second.headers["set-cookie"] != cookie


def test_logging_out_ends_the_session_in_the_store(town: Town) -> None:
    browser = town.browser("ines")
    kept = browser.client.cookies.get("qa_session")
    browser.post("/desk/logout")
    browser.client.cookies.set("qa_session", kept or "")

    assert browser.get("/desk").headers["location"].startswith("/desk/login")


def test_without_the_csrf_token_nothing_changes(town: Town) -> None:
    browser = town.browser("adam")
    browser.csrf = "guessed"

    assert browser.post("/desk/people", login="eve", role="admin").status_code == 403
    with town.store.reading() as connection:
        assert people.find(connection, "eve") is None


def test_a_form_of_another_site_is_refused_even_at_the_login(town: Town) -> None:
    answer = town.browser().client.post(
        "/desk/login",
        data={"login": "adam", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


def test_guessing_through_the_page_is_slowed(town: Town) -> None:
    browser = town.browser()
    answers = [
        browser.post("/desk/login", login="adam", password="not this one").status_code
        for _ in range(6)
    ]

    assert answers == [403] * 5 + [429]
    assert browser.post("/desk/login", login="adam", password=PASSWORD).status_code == 429


def test_a_one_time_password_opens_only_the_page_to_change_it(town: Town) -> None:
    first = people.reset_password(town.store, "adam")
    browser = town.browser()
    browser.post("/desk/login", login="adam", password=first)

    assert browser.get("/desk/people").headers["location"] == "/desk/password"
    browser.get("/desk/password")
    done = browser.post("/desk/password", old=first, new=PASSWORD, again=PASSWORD)

    assert done.headers["location"] == "/desk"
    assert browser.get("/desk").headers["location"] == "/desk/people"


def test_a_password_is_not_changed_to_itself(town: Town) -> None:
    browser = town.browser("ines")
    browser.get("/desk/password")

    told = browser.post("/desk/password", old=PASSWORD, new=PASSWORD, again=PASSWORD)

    assert told.status_code == 400
    assert "和现在的一样" in told.text


def test_an_administrator_makes_people_and_sees_the_password_once(town: Town) -> None:
    browser = town.browser("adam")
    answer = browser.post("/desk/people", login="eva", role="inspector", name="<b>Eva</b>")

    assert "<b>Eva" not in answer.text
    assert "&lt;b&gt;Eva" in answer.text
    assert "<code>" in answer.text
    assert "<code>" not in browser.get("/desk/people").text


SECRET = "a secret that the proxy and the desk share"


def landed_with(town: Town, headers: Any, **settings: Any) -> str:
    """Where somebody without a cookie is sent, who comes with these headers."""
    app = desk_app(town.store, Settings(data_dir=town.settings.data_dir, **settings))
    location = Browser(TestClient(app)).get("/desk", headers=headers).headers["location"]
    return str(location).partition("?")[0]


@pytest.mark.parametrize("secret", ["", SECRET])
def test_by_default_no_header_lets_anybody_in(town: Town, secret: str) -> None:
    named = {"X-Forwarded-User": "ines", "X-QA-Proxy-Secret": secret}

    assert landed_with(town, named) == "/desk/login"
    assert landed_with(town, named, trusted_proxies=("testclient",)) == "/desk/login"


@pytest.mark.parametrize(
    ("headers", "lands"),
    [
        ([("X-Forwarded-User", "ines"), ("X-QA-Proxy-Secret", SECRET)], "/desk/queue"),
        ([("X-Forwarded-User", "mallory"), ("X-QA-Proxy-Secret", SECRET)], "/desk/login"),
        ([("X-Forwarded-User", "ines")], "/desk/login"),
        ([("X-Forwarded-User", "ines"), ("X-QA-Proxy-Secret", SECRET[:-1])], "/desk/login"),
        ([("X-Forwarded-User", "ines"), ("X-QA-Proxy-Secret", "")], "/desk/login"),
        ([("X-QA-Proxy-Secret", SECRET)], "/desk/login"),
        (
            [
                ("X-Forwarded-User", "x"),
                ("X-Forwarded-User", "ines"),
                ("X-QA-Proxy-Secret", SECRET),
            ],
            "/desk/login",
        ),
        (
            [
                ("X-Forwarded-User", "ines"),
                ("X-QA-Proxy-Secret", "x"),
                ("X-QA-Proxy-Secret", SECRET),
            ],
            "/desk/login",
        ),
    ],
)
@pytest.mark.parametrize("proxies", [(), ("testclient",)])
def test_a_proxy_names_a_person_only_with_the_shared_secret(
    town: Town, headers: Any, lands: str, proxies: tuple[str, ...]
) -> None:
    where = landed_with(town, headers, header_login_secret=SECRET, trusted_proxies=proxies)

    assert where == lands


def test_a_shared_secret_is_long_enough() -> None:
    with pytest.raises(ValidationError, match="header_login_secret"):
        Settings(header_login_secret="short")  # type: ignore[arg-type]


def test_guesses_through_a_trusted_proxy_are_the_callers_own(town: Town) -> None:
    trusting = Settings(data_dir=town.settings.data_dir, trusted_proxies=("testclient",))
    client = TestClient(desk_app(town.store, trusting))
    guess = {"login": "adam", "password": "not this one"}
    for number in range(3):
        forwarded = {"X-Forwarded-For": f"6.6.6.6, 10.0.0.{number}"}
        client.post("/desk/login", data=guess, headers=forwarded)

    with town.store.reading() as connection:
        keys = set(connection.scalars(select(attempts.c.key)))
    assert keys == {"login adam", *(f"address 10.0.0.{n}" for n in range(3))}


def test_every_answer_forbids_frames_scripts_and_caches_of_others(town: Town) -> None:
    headers = town.browser("adam").get("/desk/people").headers

    assert "script-src 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


class Provider:
    """An identity provider in a few lines: the shape of Authlib's client."""

    def __init__(self, login: str) -> None:
        self.login = login
        self.verifiers: list[str] = []

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_: object) -> None: ...

    def request(self, *_: object, **__: object) -> Provider:
        return self

    get = request

    def raise_for_status(self) -> None: ...

    def json(self) -> dict[str, str]:
        return {
            "authorization_endpoint": "https://id.example/go",
            "token_endpoint": "t",
            "userinfo_endpoint": "u",
            "preferred_username": self.login,
        }

    def create_authorization_url(self, where: str, state: str, **_: str) -> tuple[str, str]:
        return f"{where}?state={state}", state

    def fetch_token(self, _: str, *, code: str, code_verifier: str) -> None:
        self.verifiers.append(code_verifier)
        if code != "good":
            raise ValueError("invalid_grant")


@pytest.mark.parametrize(
    ("login", "code", "status"),
    [("ines", "good", 303), ("mallory", "good", 403), ("ines", "x", 403)],
)
def test_an_identity_provider_lets_in_people_who_have_an_account(
    town: Town, login: str, code: str, status: int
) -> None:
    settings = Settings(
        data_dir=town.settings.data_dir,
        oidc_issuer="https://id.example",
        public_url="https://qa.example",
    )
    provider: Any = Provider(login)
    app = FastAPI()
    app.include_router(oidc_router(Desk(town.store, settings), lambda _: provider))
    browser = Browser(TestClient(app, base_url="https://qa.example"))

    state = browser.get("/desk/oidc").headers["location"].partition("state=")[2]
    answer = browser.get(f"/desk/oidc/back?code={code}&state={state}")

    assert answer.status_code == status
    assert provider.verifiers[0]


def test_a_login_that_was_not_begun_here_is_refused(town: Town) -> None:
    settings = Settings(
        data_dir=town.settings.data_dir,
        oidc_issuer="https://id.example",
        public_url="https://qa.example",
    )
    provider: Any = Provider("ines")
    app = FastAPI()
    app.include_router(oidc_router(Desk(town.store, settings), lambda _: provider))

    answer = Browser(TestClient(app)).get("/desk/oidc/back?code=good&state=forged")

    assert answer.status_code == 403


def test_the_audit_trail_is_shown_and_checked_on_request(town: Town) -> None:
    browser = town.browser("adam")

    assert "登录" in browser.get("/desk/audit").text
    assert "记录链完整" in browser.get("/desk/audit?check=1").text


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"oidc_issuer": "http://id.example", "public_url": "https://qa.example"}, "https://"),
        ({"oidc_issuer": "https://id.example"}, "needs public_url"),
        ({"oidc_issuer": "https://id.example", "public_url": "http://qa.example"}, "public_url"),
    ],
)
def test_an_identity_provider_is_reached_and_left_by_https(told: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings(**told)  # type: ignore[arg-type]


def with_second_step(town: Town) -> tuple[Browser, Any]:
    """ines, and what her telephone shows."""
    browser = town.browser("ines")
    browser.get("/desk/password")
    page = browser.post("/desk/second-step", do="begin").text
    found = re.search(r'name="secret" value="(\w+)"', page)
    assert found
    assert "<svg" in page
    telephone = pyotp.TOTP(found.group(1))
    assert (
        browser.post("/desk/second-step", secret=found.group(1), code="000000").status_code == 400
    )
    done = browser.post("/desk/second-step", secret=found.group(1), code=earlier(telephone))
    assert done.status_code == 303, done.text
    return browser, telephone


def earlier(telephone: Any) -> str:
    """The code of half a minute ago, which still opens: the present one is for the next door."""
    return str(telephone.at(time.time() - 30))


def test_a_second_step_is_asked_for_and_a_code_opens_once(each_town: Town) -> None:
    _, telephone = with_second_step(each_town)
    tries = {"login": "ines", "password": PASSWORD}
    door = each_town.browser()
    assert "验证码" in door.get("/desk/login").text
    code = telephone.now()

    assert door.post("/desk/login", **tries).status_code == 403
    assert door.post("/desk/login", **tries, code="123456").status_code == 403
    assert door.post("/desk/login", **tries, code=code).status_code == 303
    assert each_town.browser().post("/desk/login", **tries, code=code).status_code == 403
    assert each_town.browser("anna")


def test_a_lost_telephone_is_no_end(town: Town) -> None:
    with_second_step(town)
    people.reset_password(town.store, "ines", by="adam")

    people.set_password(town.store, "ines", PASSWORD, by="ines")

    assert town.browser("ines").get("/desk/queue").status_code == 200


def test_the_second_step_is_sealed_where_there_is_a_key(town: Town) -> None:
    town.store.seal = Seal(new_key())
    browser, telephone = with_second_step(town)
    with town.store.reading() as connection:
        kept = connection.scalar(select(people_table.c.totp).where(people_table.c.login == "ines"))

    assert telephone.secret not in str(kept)
    assert browser.post("/desk/second-step", do="off", code=telephone.now()).status_code == 303
