"""A code of six digits: when it opens, how often, and how its secret is kept."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import pyotp
import pytest
from sqlalchemy import select

from api.review.accounts import people, second_step
from api.review.errors import NotAllowed, ReviewError
from api.review.tables import people as people_table
from api.store import Store
from api.store.seal import Seal, new_key
from api.store.tables import audit

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW_S = 1_772_442_015


class Telephone:
    """Its clock is the server's, and stands."""

    now_s = NOW_S

    def shows(self, earlier_s: int = 0) -> str:
        return str(pyotp.TOTP(SECRET).at(self.now_s + earlier_s))


@pytest.fixture
def telephone(monkeypatch: pytest.MonkeyPatch) -> Telephone:
    told = Telephone()
    monkeypatch.setattr(second_step, "time", SimpleNamespace(time=lambda: float(told.now_s)))
    return told


@pytest.fixture
def anna(store: Store) -> Store:
    people.create_user(store, "anna", role="agent")
    return store


def opens(store: Store, code: str, login: str = "anna") -> bool:
    with store.writing() as connection:
        return second_step.fits(connection, store.seal, login, code)


def kept(store: Store) -> tuple[str, int]:
    with store.reading() as connection:
        row = connection.execute(select(people_table)).one()
    return row.totp, row.totp_at


@pytest.mark.parametrize(
    ("off_s", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_telephone_may_be_half_a_minute_off_and_no_more(
    telephone: Telephone, off_s: int, right: bool
) -> None:
    at = second_step._fitting(SECRET, telephone.shows(off_s), after=0)
    assert at == ((NOW_S + off_s) // 30 if right else None)


def test_a_code_opens_once_and_so_does_none_before_it(anna: Store, telephone: Telephone) -> None:
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    assert not opens(anna, telephone.shows(-30))
    assert opens(anna, telephone.shows())
    assert not opens(anna, telephone.shows())
    telephone.now_s += 30
    assert not opens(anna, telephone.shows(-30))
    assert opens(anna, telephone.shows(30))
    assert not opens(anna, telephone.shows())


@pytest.mark.parametrize("code", ["", "12345x", "１２３４５６", "-00001"])
def test_what_is_no_number_opens_nothing(telephone: Telephone, code: str) -> None:
    assert second_step._fitting(SECRET, code, after=0) is None


def test_a_code_is_read_with_the_space_that_telephones_show(telephone: Telephone) -> None:
    code = telephone.shows()
    assert second_step._fitting(SECRET, f" {code[:3]} {code[3:]}", after=0)


def test_who_has_no_second_step_needs_no_code_and_a_stranger_has_none_that_opens(
    anna: Store, telephone: Telephone
) -> None:
    assert opens(anna, "")
    assert not opens(anna, "", "stranger")
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    assert not opens(anna, "")


def test_it_is_on_for_whoever_switched_it_on_and_then_everybody_is_asked(
    anna: Store, telephone: Telephone
) -> None:
    people.create_user(anna, "ines", role="inspector")

    def found() -> tuple[bool, bool, bool]:
        with anna.reading() as connection:
            each = [second_step.is_on(connection, login) for login in ("anna", "ines")]
            return (*each, second_step.is_used(connection))  # type: ignore[return-value]

    assert found() == (False, False, False)
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    assert found() == (True, False, True)
    second_step.switch_off(anna, "anna", telephone.shows())
    assert found() == (False, False, False)


@pytest.mark.parametrize("secret", [SECRET, "not base 32!"])
def test_a_wrong_code_switches_nothing_on(anna: Store, telephone: Telephone, secret: str) -> None:
    with pytest.raises(NotAllowed):
        second_step.switch_on(anna, "anna", secret, telephone.shows(600))
    assert kept(anna) == ("", 0)


def test_a_wrong_code_switches_nothing_off_and_a_right_one_leaves_nothing_behind(
    anna: Store, telephone: Telephone
) -> None:
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    assert kept(anna) == (SECRET, NOW_S // 30 - 1)
    with pytest.raises(NotAllowed):
        second_step.switch_off(anna, "anna", telephone.shows(600))
    assert kept(anna)[0] == SECRET
    second_step.switch_off(anna, "anna", telephone.shows())
    assert kept(anna) == ("", 0)
    with anna.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.action.like("second_step.%")))
        told = [(row.who, row.action, row.subject) for row in rows]
    assert told == [("anna", "second_step.on", "anna"), ("anna", "second_step.off", "anna")]


def test_a_sealed_secret_opens_with_the_key_alone(anna: Store, telephone: Telephone) -> None:
    anna.seal = Seal(new_key())
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    assert kept(anna)[0].startswith("sealed:")
    assert SECRET not in kept(anna)[0]
    assert opens(anna, telephone.shows())
    anna.seal = None
    with pytest.raises(ReviewError) as told:
        opens(anna, telephone.shows(30))
    assert told.value.key == "no_key"


def test_a_secret_from_before_there_was_a_key_still_opens(
    anna: Store, telephone: Telephone
) -> None:
    second_step.switch_on(anna, "anna", SECRET, telephone.shows(-30))
    anna.seal = Seal(new_key())
    assert opens(anna, telephone.shows())


def test_new_secrets_are_long_and_all_different() -> None:
    one, other = second_step.new_secret(), second_step.new_secret()
    assert re.fullmatch("[A-Z2-7]{32}", one)
    assert one != other


def test_the_picture_has_four_dots_a_point_and_a_margin_of_two_points() -> None:
    found = re.search(r'width="(\d+)"', second_step.picture("anna", SECRET))
    assert found
    points, rest = divmod(int(found[1]), 4)
    # A square of 21 points, or 4, 8, 12 … more.
    assert (rest, (points - 2 * 2 - 21) % 4) == (0, 0)


def test_without_its_library_a_second_step_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyotp", None)
    with pytest.raises(ReviewError, match="pip install"):
        second_step.new_secret()
