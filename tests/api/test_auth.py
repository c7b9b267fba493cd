"""Tokens: what is granted, and everything that is refused."""

import base64
import json
import stat
import time
from pathlib import Path

import pytest

from api.auth import Right, SecretMissing, TokenRefused, Tokens, open_secret
from api.settings import Settings

SECRET = "a secret of thirty-two characters or more"
tokens = Tokens(SECRET)


def test_a_token_grants_what_it_was_minted_for() -> None:
    grant = tokens.check(tokens.mint("c1", Right.WATCH))
    assert grant.allows(Right.WATCH, "c1")
    assert not grant.allows(Right.WATCH, "c2")
    assert not grant.allows(Right.FEED, "c1")


def test_supervising_includes_watching_every_call() -> None:
    grant = tokens.check(tokens.mint("*", Right.SUPERVISE))
    assert grant.allows(Right.WATCH, "c1")
    assert not grant.allows(Right.FEED, "c1")


def forged(**changes: object) -> str:
    """A token whose payload was changed and whose signature was not."""
    body, _, signature = tokens.mint("c1", Right.WATCH).partition(".")
    fields = json.loads(base64.urlsafe_b64decode(body + "=="))
    payload = json.dumps(fields | changes).encode()
    return base64.urlsafe_b64encode(payload).rstrip(b"=").decode() + "." + signature


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (forged(role="supervise"), "signature is wrong"),
        (forged(exp=time.time() + 9_999), "signature is wrong"),
        ("", "signature is wrong"),
        ("no dot", "base64url"),
        ("a.b", "base64url"),
        ("é.ü", "base64url"),
        ("x" * 2_000, "at most 1024"),
        (Tokens(SECRET[::-1]).mint("c1", Right.FEED), "another secret"),
        (tokens.mint("c1", Right.FEED, life_s=-31), "expired"),
        (tokens.mint("c1", Right.FEED, life_s=25 * 3_600), "at most 24"),
    ],
    ids=["role", "expiry", "empty", "words", "short", "letters", "long", "secret", "late", "ever"],
)
def test_a_token_that_is_not_ours_or_not_now_is_refused(token: str, says: str) -> None:
    with pytest.raises(TokenRefused, match=says):
        tokens.check(token)


def test_a_payload_that_is_signed_but_strange_is_refused() -> None:
    payload = b'{"call": "c1"}'
    body = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    signature = base64.urlsafe_b64encode(tokens._sign(payload)).rstrip(b"=").decode()
    with pytest.raises(TokenRefused, match="call, role, exp and jti"):
        tokens.check(f"{body}.{signature}")


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(SecretMissing, match="at least 32"):
        Tokens("hunter2")


def test_without_a_secret_only_this_machine_is_served(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match=r"0\.0\.0\.0, which other machines can reach"):
        open_secret(Settings(host="0.0.0.0", data_dir=tmp_path))


def test_on_loopback_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = open_secret(Settings(data_dir=tmp_path))
    assert open_secret(Settings(data_dir=tmp_path)) == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
