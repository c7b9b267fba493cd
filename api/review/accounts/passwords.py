"""Passwords: argon2id, twelve characters or more, never one that is the login or soon guessed."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

from api.review.errors import ReviewError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
LONGEST = 256
_LOOKED_AT = 72
"""More is not looked at: judging takes longer with each character."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: a one-time password is typed by hand."""


def hashed(password: str, *, login: str) -> str:
    """Raises ReviewError for a password that is too short or long, guessed, or the login itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ReviewError(
            f"a password of {len(password)} characters, expected {SHORTEST} to {LONGEST}",
            key="password_length",
        )
    if login.lower() in password.lower():
        raise ReviewError("the password holds the login: choose another", key="password_login")
    if _is_guessed(password, login):
        raise ReviewError(
            "the password is one of the first that are guessed: take several words",
            key="password_weak",
        )
    return _hasher().hash(password)


def _is_guessed(password: str, login: str) -> bool:
    """What lists, rows of keys and repetitions find in fewer than 10^8 tries (zxcvbn: below 3)."""
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    return int(zxcvbn(password[:_LOOKED_AT], user_inputs=[login, "qa-engine"])["score"]) < 3


def fits(kept: str, offered: str) -> bool:
    """Takes as long for somebody without a password as for somebody with one."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(kept or _nobody(), offered[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def one_time() -> str:
    """Four groups of four, 78 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(24))
