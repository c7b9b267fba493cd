"""`/desk/rules/learned`: what a month's corrections taught, and what is proposed."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import Request, Response

from api.desk.desk import Desk
from api.desk.pages import page
from api.learning.retraining import LEAST
from api.review.accounts import people
from api.rulebook.in_force import in_force
from api.rulebook.learned import learned, month_before, month_of


def learned_page(desk: Desk, request: Request, on: str) -> Response:
    """`on`: any day of the month, this one where it is none."""
    begin = month_of(_day(on))
    rules = in_force(desk.store, desk.settings.phrasebook)
    with desk.store.reading() as connection:
        found = learned(connection, rules.book, begin)
        names = people.names(connection)
    return page(
        request,
        "rules_learned",
        found=found,
        month=begin.strftime("%Y-%m"),
        earlier=month_before(begin).strftime("%Y-%m-%d"),
        least=LEAST,
        names=names,
    )


def _day(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return datetime.now().astimezone()
    if not 2000 <= day.year <= 2100:
        return datetime.now().astimezone()
    return datetime(day.year, day.month, day.day, 12).astimezone()
