"""Who asks: by a cookie, or by the word of a proxy that knows the secret; and who may supervise."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from starlette.requests import HTTPConnection

from api.auth import ANY_CALL, LoginMissing, Right, TokenRefused
from api.desk.desk import Desk
from api.desk.identity import session_of
from api.desk.supervising import Supervising
from api.review.accounts import passwords, people, sessions
from api.review.tables import people as people_table
from api.settings import Settings
from api.store import Store
from api.store.tables import audit

SECRET = "a secret of the proxy and the desk"
NAMED = ("x-forwarded-user", "ines")
PROVES = ("x-qa-proxy-secret", SECRET)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return str(tmp_path / "calls.db")


@pytest.fixture
def ines(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(passwords, "hashed", lambda password, login: "hash")
    people.create_user(store, "ines", role="inspector")
    with store.writing() as connection:
        connection.execute(update(people_table).values(must_change=False))
    return store


def desk(store: Store, **settings: Any) -> Desk:
    return Desk(store, Settings(**settings))


def trusting(store: Store) -> Desk:
    return desk(store, header_login_secret=SecretStr(SECRET))


def asked(*headers: tuple[str, str]) -> HTTPConnection:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return HTTPConnection({"type": "http", "headers": raw})


def cookie(session: sessions.LoginSession) -> tuple[str, str]:
    return ("cookie", f"qa_session={session.token}")


def test_a_cookie_tells_who_asks_and_an_unknown_one_nothing(ines: Store) -> None:
    session = sessions.begin(ines, "ines", how="test")
    assert session_of(desk(ines), asked(cookie(session))) == session
    assert session_of(desk(ines), asked(("cookie", "qa_session=guessed"))) is None
    assert session_of(desk(ines), asked()) is None


def test_a_proxy_that_knows_the_secret_tells_who_asks(ines: Store) -> None:
    found = session_of(trusting(ines), asked(NAMED, PROVES))
    assert found is not None
    assert (found.person.login, found.token) == ("ines", "")
    assert found.csrf == sessions.proxy_csrf("ines")


def test_a_cookie_goes_before_the_word_of_a_proxy(ines: Store) -> None:
    people.create_user(ines, "ida", role="inspector")
    session = sessions.begin(ines, "ida", how="test")
    assert session_of(trusting(ines), asked(cookie(session), NAMED, PROVES)) == session


def test_anything_else_of_a_proxy_tells_nothing(ines: Store) -> None:
    people.create_user(ines, "i" * 64, role="inspector")
    for headers in (
        (NAMED,),
        (PROVES,),
        (NAMED, ("x-qa-proxy-secret", SECRET + "x")),
        (NAMED, ("x-qa-proxy-secret", "Ä")),
        (NAMED, PROVES, PROVES),
        (NAMED, NAMED, PROVES),
        (("x-forwarded-user", "stranger"), PROVES),
        (("x-forwarded-user", "i" * 64 + "x"), PROVES),
    ):
        assert session_of(trusting(ines), asked(*headers)) is None, headers


def test_without_the_setting_no_proxy_tells_who_asks(ines: Store) -> None:
    assert session_of(desk(ines), asked(NAMED, PROVES)) is None


def test_a_closed_account_is_let_in_by_no_proxy(ines: Store) -> None:
    people.set_active(ines, "ines", active=False)
    assert session_of(trusting(ines), asked(NAMED, PROVES)) is None


def test_inspectors_and_leads_may_watch_every_call_and_nobody_else(ines: Store) -> None:
    watching = Supervising(trusting(ines))
    for role in people.AccountRole:
        with ines.writing() as connection:
            connection.execute(update(people_table).values(role=role))
        if role in ("inspector", "lead"):
            grant = watching.grant(asked(NAMED, PROVES))
            assert (grant.call, grant.right, grant.login) == (ANY_CALL, Right.SUPERVISE, "ines")
            assert (grant.jti, grant.ticket) == ("", False)
            assert time.time() - 5 < grant.expires_s <= time.time()
        else:
            with pytest.raises(TokenRefused, match=f"role {role}"):
                watching.grant(asked(NAMED, PROVES))


def test_without_a_login_or_with_a_one_time_password_nobody_watches(ines: Store) -> None:
    watching = Supervising(trusting(ines))
    with pytest.raises(LoginMissing):
        watching.grant(asked())
    people.reset_password(ines, "ines")
    with pytest.raises(TokenRefused, match="one-time"):
        watching.grant(asked(NAMED, PROVES))


def test_who_watches_what_is_in_the_audit_trail(ines: Store) -> None:
    watching = Supervising(trusting(ines))
    watching.note(watching.grant(asked(NAMED, PROVES)), "c-1")
    with ines.reading() as connection:
        row = connection.execute(select(audit).order_by(audit.c.n.desc())).first()
    assert row is not None
    assert (row.who, row.action, row.subject) == ("ines", "live.watched", "c-1")
