"""Being logged in: a random cookie, its hash in the store, an end even without a logout."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from api.review.accounts import passwords, people, second_step
from api.review.accounts.attempts import forget, note_failure, wait_s
from api.review.accounts.people import Person
from api.review.errors import NotAllowed, ReviewError
from api.review.tables import people as people_table
from api.review.tables import sessions
from api.store import Store, audit

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=2)
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    person: Person
    token: str
    """What the cookie holds; empty where a proxy vouches for each request."""
    csrf: str


class TooManyAttempts(ReviewError):
    """`wait_s`: when the next attempt counts."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many wrong passwords: wait {seconds} s", key="wait")
        self.seconds = seconds


def log_in(
    store: Store, login: str, password: str, *, address: str, code: str = ""
) -> LoginSession:
    """A fresh session. Raises NotAllowed where password or code is wrong, without telling which;
    TooManyAttempts before looking.
    """
    keys = (f"login {login[:64].lower()}", f"address {address[:64]}")
    with store.writing() as connection:
        left = max(wait_s(connection, key) for key in keys)
    if left:
        raise TooManyAttempts(left)
    with store.reading() as connection:
        row = connection.execute(
            select(people_table.c.password, people_table.c.active).where(
                people_table.c.login == login
            )
        ).first()
    right = passwords.fits(row.password if row else "", password)
    with store.writing() as connection:
        right = right and second_step.fits(connection, store.seal, login, code)
        if not (right and row is not None and row.active):
            for key in keys:
                note_failure(connection, key)
            subject = login if row is not None else "nobody of that name"
            trace = {"who": address[:64], "action": "session.refused", "subject": subject}
            audit.record(connection, **trace, detail={})
        else:
            forget(connection, keys[0])
    if not (right and row is not None and row.active):
        raise NotAllowed("the login or the password is wrong", key="wrong")
    return begin(store, login, how="password")


def begin(store: Store, login: str, *, how: str) -> LoginSession:
    """A session for somebody whose identity is proven. Raises NotAllowed for strangers."""
    token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), datetime.now(UTC)
    with store.writing() as connection:
        person = people.find(connection, login)
        if person is None or not person.active:
            raise NotAllowed("nobody here has this login", key="wrong")
        connection.execute(delete(sessions).where(sessions.c.expires_at < now))
        connection.execute(
            insert(sessions).values(
                token=_hash(token),
                login=login,
                csrf=csrf,
                opened_at=now,
                seen_at=now,
                expires_at=now + LONGEST,
            )
        )
        audit.record(
            connection, who=login, action="session.opened", subject=login, detail={"how": how}
        )
    return LoginSession(person=person, token=token, csrf=csrf)


def resume(store: Store, token: str) -> LoginSession | None:
    """The session of a cookie, unless it ended, lay idle too long, or its person is gone."""
    now = datetime.now(UTC)
    with store.reading() as connection:
        row = connection.execute(select(sessions).where(sessions.c.token == _hash(token))).first()
        person = people.find(connection, row.login) if row is not None else None
    if row is None or person is None or not person.active:
        return None
    if row.expires_at <= now or now - row.seen_at > IDLE:
        return None
    if now - row.seen_at > _NOTED_EVERY:
        with store.writing() as connection:
            seen = update(sessions).where(sessions.c.token == row.token).values(seen_at=now)
            connection.execute(seen)
    return LoginSession(person=person, token=token, csrf=row.csrf)


def end(store: Store, token: str) -> None:
    """Log out; nothing happens where the session is over already."""
    here = sessions.c.token == _hash(token)
    with store.writing() as connection:
        login = connection.scalar(select(sessions.c.login).where(here))
        if login is not None:
            connection.execute(delete(sessions).where(here))
            trace = {"who": login, "action": "session.closed", "subject": login}
            audit.record(connection, **trace, detail={})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def proxy_csrf(login: str) -> str:
    """A CSRF token for somebody without a cookie of ours; it lasts as long as the process."""
    return hashlib.blake2s(login.encode(), key=_PROXY_KEY).hexdigest()


_PROXY_KEY = secrets.token_bytes(32)
