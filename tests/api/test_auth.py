"""Tokens: what is granted, and everything that is refused."""

import base64
import hashlib
import hmac
import json
import stat
import time
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
from pydantic import SecretStr

from api.auth import Right, SecretMissing, TokenRefused, Tokens, _spans, open_secret
from api.settings import Settings

SECRET = "a secret of thirty-two characters or more, here of enough for every HS"
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
    header, body, signature = tokens.mint("c1", Right.WATCH).split(".")
    fields = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{header}.{part(fields | changes)}.{signature}"


def part(fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


CLAIMS = {"call": "*", "role": "supervise", "exp": int(time.time()) + 6 * 3_600, "jti": "1"}


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (forged(role="supervise"), "signature is wrong"),
        (forged(exp=time.time() + 9_999), "signature is wrong"),
        (f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(CLAIMS)}.", "HS256"),
        (jwt.encode(CLAIMS, SECRET, algorithm="HS512"), "HS256"),
        ("", "HS256"),
        ("no dot", "HS256"),
        ("a.b", "HS256"),
        ("a.b.c", "HS256"),
        ("é.ü", "HS256"),
        ("x" * 2_000, "at most 1024"),
        (Tokens(SECRET[::-1]).mint("c1", Right.FEED), "another secret"),
        (tokens.mint("c1", Right.FEED, life_s=-31), "expired"),
        (tokens.mint("c1", Right.FEED, life_s=25 * 3_600), "at most 24"),
    ],
    ids=[
        *("role", "expiry", "unsigned", "another algorithm", "empty", "words", "two parts"),
        *("three parts", "letters", "long", "secret", "late", "ever"),
    ],
)
def test_a_token_that_is_not_ours_or_not_now_is_refused(token: str, says: str) -> None:
    with pytest.raises(TokenRefused, match=says):
        tokens.check(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"call": "c1"},
        CLAIMS | {"role": "owner"},
        CLAIMS | {"exp": "tomorrow"},
        CLAIMS | {"exp": 1e400},
        CLAIMS | {"jti": "\ud800"},
    ],
    ids=["missing", "role", "words for a time", "endless", "half a character"],
)
def test_a_payload_that_is_signed_but_strange_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(TokenRefused, match=r"call, role, exp and jti|HS256"):
        tokens.check(jwt.encode(claims, SECRET, algorithm="HS256"))


def former(claims: object, secret: str = SECRET) -> str:
    body = json.dumps(claims).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return ".".join(
        base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (body, signature)
    )


def test_a_crm_mints_with_any_jwt_library() -> None:
    grant = tokens.check(jwt.encode(CLAIMS | {"iss": "crm", "iat": 0}, SECRET, algorithm="HS256"))
    assert (grant.call, grant.right) == ("*", Right.SUPERVISE)


def test_tokens_of_the_release_before_are_still_read() -> None:
    assert tokens.check(former(CLAIMS)).right is Right.SUPERVISE


@pytest.mark.parametrize(
    "token",
    [former(CLAIMS, SECRET[::-1]), former([1]), former("x")],
    ids=["secret", "list", "text"],
)
def test_a_former_token_that_is_forged_or_strange_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.check(token)


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(SecretMissing, match="at least 32"):
        Tokens("hunter2")
    with pytest.raises(SecretMissing, match="has 31 characters"):
        Tokens("x" * 31)
    assert Tokens("x" * 32)


def test_without_a_secret_only_this_machine_is_served(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match=r"0\.0\.0\.0, which other machines can reach"):
        open_secret(Settings(host="0.0.0.0", data_dir=tmp_path))


def test_on_loopback_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = open_secret(Settings(data_dir=folder))
    assert open_secret(Settings(data_dir=folder)) == first
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


NOW_S = 1_700_000_000.0


def until(exp: float, **more: object) -> str:
    """A token that ends so long after `NOW_S`."""
    claims = {"call": "c1", "role": "feed", "exp": int(NOW_S + exp), "jti": "1", **more}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def test_clocks_may_be_thirty_seconds_apart_and_not_one_more() -> None:
    assert tokens.check(until(-30), now_s=NOW_S).call == "c1"
    with pytest.raises(TokenRefused, match="expired 31 s ago"):
        tokens.check(until(-31), now_s=NOW_S)


def test_a_token_is_good_for_a_day_and_a_ticket_for_a_minute() -> None:
    day_s = 24 * 3_600
    assert tokens.check(until(day_s + 30), now_s=NOW_S).call == "c1"
    with pytest.raises(TokenRefused, match="valid for 24 h, expected at most 24"):
        tokens.check(until(day_s + 31), now_s=NOW_S)

    assert tokens.check_ticket(until(90, ticket=True), now_s=NOW_S).ticket
    with pytest.raises(TokenRefused, match="valid for 91 s, expected at most 60"):
        tokens.check_ticket(until(91, ticket=True), now_s=NOW_S)


def test_a_token_is_minted_for_an_hour_unless_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.auth.time", SimpleNamespace(time=lambda: NOW_S))
    lives = [tokens.mint("c1", Right.FEED), tokens.mint("c1", Right.FEED, life_s=60)]
    ends = [tokens.check(token, now_s=NOW_S).expires_s - int(NOW_S) for token in lives]
    assert ends == [3_600, 60]


def test_a_token_of_1024_characters_is_read() -> None:
    short = len(until(60, jti=""))
    token = next(
        found
        for length in range(500, 800)
        if len(found := until(60, jti="x" * length)) >= 1_024 and short
    )
    assert len(token) == 1_024
    assert tokens.check(token, now_s=NOW_S).call == "c1"


def test_a_ticket_is_for_one_call_and_lasts_a_minute_at_most() -> None:
    short = tokens.check_ticket(tokens.ticket("c1", Right.FEED, life_s=20))
    long = tokens.check_ticket(tokens.ticket("c1", Right.FEED, life_s=900))
    assert (short.call, short.right, short.ticket) == ("c1", Right.FEED, True)
    assert 39 <= long.expires_s - short.expires_s <= 42
    with pytest.raises(TokenRefused, match="for one call"):
        tokens.check_ticket(tokens.ticket("*", Right.FEED))


def test_a_token_is_no_ticket_and_a_ticket_no_token() -> None:
    with pytest.raises(TokenRefused, match="stands in the address"):
        tokens.check_ticket(tokens.mint("c1", Right.FEED))
    with pytest.raises(TokenRefused, match="this is a ticket"):
        tokens.check(tokens.ticket("c1", Right.FEED))
    assert not tokens.check(tokens.mint("c1", Right.FEED)).ticket


def test_lives_are_told_in_hours_from_an_hour_on() -> None:
    assert _spans(90.4, 60) == ("90 s", "60")
    assert _spans(7_200, 3_600) == ("2 h", "1")


def test_a_configured_secret_is_used_as_it_is(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", data_dir=tmp_path, secret=SecretStr(SECRET))
    assert open_secret(settings) == SECRET
    assert list(tmp_path.iterdir()) == []


def test_each_token_has_an_id_of_96_random_bits() -> None:
    ids = {tokens.check(tokens.mint("c1", Right.FEED)).jti for _ in range(20)}
    assert len(ids) == 20
    assert {len(one) for one in ids} == {16}


def test_a_former_token_is_read_to_the_letter() -> None:
    body, signature = former(CLAIMS).split(".")
    assert tokens.check(f"{body}.{signature}").call == "*"
    for spoilt in (f"{body}!!!!.{signature}", f"{body}.{signature}!!!!", f"{body}.    {signature}"):
        with pytest.raises(TokenRefused):
            tokens.check(spoilt)
