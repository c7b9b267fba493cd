"""Which passwords are taken, and what is kept of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.review.accounts import passwords
from api.review.errors import ReviewError

WORDS = "violet harbour copper lantern"
LONG = (WORDS + " ") * 9


class Judge:
    """Stands in for zxcvbn, which thinks for a second."""

    def __init__(self, score: int) -> None:
        self.score = score
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, password: str, user_inputs: list[str]) -> dict[str, Any]:
        self.asked.append((password, user_inputs))
        return {"score": self.score}


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    told = Judge(3)
    monkeypatch.setattr("zxcvbn.zxcvbn", told)
    return told


def key_of(password: str, login: str = "anna") -> str:
    with pytest.raises(ReviewError) as refused:
        passwords.hashed(password, login=login)
    return str(refused.value.key)


@pytest.mark.parametrize("length", [12, 256])
def test_a_password_of_12_to_256_characters_is_taken(judge: Judge, length: int) -> None:
    password = LONG[:length]
    kept = passwords.hashed(password, login="anna")
    assert passwords.fits(kept, password)
    assert not passwords.fits(kept, password + "x")
    assert not passwords.fits(kept, password[:-1])


@pytest.mark.parametrize("length", [11, 257])
def test_a_shorter_or_longer_one_is_not(judge: Judge, length: int) -> None:
    assert key_of(LONG[:length]) == "password_length"


def test_one_that_holds_the_login_is_not_taken_in_any_case(judge: Judge) -> None:
    assert key_of(WORDS, login="HARBOUR") == "password_login"
    assert key_of(WORDS.upper(), login="harbour") == "password_login"


@pytest.mark.parametrize("score", [0, 2])
def test_one_that_is_soon_guessed_is_not_taken(judge: Judge, score: int) -> None:
    judge.score = score
    assert key_of(WORDS) == "password_weak"


def test_the_first_72_characters_are_judged_beside_what_everybody_would_try(judge: Judge) -> None:
    passwords.hashed(LONG[:80], login="anna")
    assert judge.asked == [(LONG[:72], ["anna", "qa-engine"])]


def test_without_a_password_of_ones_own_none_fits() -> None:
    assert passwords.fits("", "") is False
    assert passwords.fits("", WORDS) is False
    assert passwords.fits("no hash", WORDS) is False


def test_what_is_kept_is_argon2id_with_19_mib_two_passes_and_one_lane(judge: Judge) -> None:
    kept = passwords.hashed(WORDS, login="anna")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_one_time_password_is_four_groups_of_four_that_are_not_mixed_up() -> None:
    group = "[a-hjkmnp-z2-9]{4}"
    assert re.fullmatch(f"(?:{group}-){{3}}{group}", passwords.one_time())
