"""两步验证: beside the password a code of six digits that changes every half minute (RFC 6238).

Whoever wants it switches it on; an administrator who resets a password switches it off. The secret
is sealed where the site has a key, and a code opens one door once.
"""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any

from sqlalchemy import Connection, select, update

from api.review.errors import NotAllowed, ReviewError
from api.review.tables import people
from api.store import Store, audit
from api.store.seal import Seal

_STEP_S = 30
_DRIFT = (0, -1, 1)
"""A telephone's clock may be half a minute off."""
_SEALED = "sealed:"
ISSUER = "qa-engine"


def new_secret() -> str:
    """To be shown once and confirmed with a code. Raises ReviewError without the library."""
    secret: str = _pyotp().random_base32()
    return secret


def picture(login: str, secret: str) -> str:
    """What a telephone scans, as SVG."""
    import segno

    address = _pyotp().TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)
    made: str = segno.make(address, error="m").svg_inline(scale=4, border=2)
    return made


def switch_on(store: Store, login: str, secret: str, code: str) -> None:
    """Raises NotAllowed when the code is not of this secret: it would lock its owner out."""
    try:
        at = _fitting(secret, code, after=0)
    except ValueError:
        at = None
    if at is None:
        raise NotAllowed("the code is wrong or too old", key="code_wrong")
    _keep(store, login, _closed(store.seal, secret), at, action="second_step.on", by=login)


def switch_off(store: Store, login: str, code: str) -> None:
    """Raises NotAllowed without a code that fits."""
    with store.writing() as connection:
        if not fits(connection, store.seal, login, code):
            raise NotAllowed("the code is wrong or too old", key="code_wrong")
    _keep(store, login, "", 0, action="second_step.off", by=login)


def is_on(connection: Connection, login: str) -> bool:
    """Whether this login asks for a code."""
    return bool(connection.scalar(select(people.c.totp).where(people.c.login == login)))


def is_used(connection: Connection) -> bool:
    """Whether anybody here has it: the login page then asks everybody, and tells nothing."""
    return connection.scalar(select(people.c.login).where(people.c.totp != "").limit(1)) is not None


def fits(connection: Connection, seal: Seal | None, login: str, code: str) -> bool:
    """Whether a code is right now, for whoever has it switched on; it is used up by this."""
    here = people.c.login == login
    row = connection.execute(select(people).where(here).with_for_update()).first()
    if row is None or not row.totp:
        return row is not None
    at = _fitting(_opened(seal, row.totp), code, after=row.totp_at)
    if at is None:
        return False
    connection.execute(update(people).where(here).values(totp_at=at))
    return True


def _fitting(secret: str, code: str, *, after: int) -> int | None:
    """The half minute whose code this is, later than the last one used; None for none."""
    clean = "".join(code.split())
    if not clean.isascii() or not clean.isdecimal():
        return None
    now = int(time.time()) // _STEP_S
    maker: Any = _pyotp().TOTP(secret)
    for drift in _DRIFT:
        right = maker.generate_otp(now + drift)
        if hmac.compare_digest(right, clean) and now + drift > after:
            return now + drift
    return None


def _keep(store: Store, login: str, kept: str, at: int, *, action: str, by: str) -> None:
    with store.writing() as connection:
        here = update(people).where(people.c.login == login)
        connection.execute(here.values(totp=kept, totp_at=at))
        audit.record(connection, who=by, action=action, subject=login, detail={})


def _closed(seal: Seal | None, secret: str) -> str:
    if seal is None:
        return secret
    return _SEALED + base64.b64encode(seal.seal(secret)).decode()


def _opened(seal: Seal | None, kept: str) -> str:
    if not kept.startswith(_SEALED):
        return kept
    if seal is None:
        raise ReviewError("the second step was sealed with a key that is not here", key="no_key")
    return seal.reveal(base64.b64decode(kept.removeprefix(_SEALED)))


def _pyotp() -> Any:
    try:
        import pyotp
    except ModuleNotFoundError:
        raise ReviewError(
            "two-step login needs pyotp and segno: pip install 'qa-engine[totp]'",
            key="totp_missing",
        ) from None
    return pyotp
