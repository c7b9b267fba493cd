"""Scorecards as data and as the YAML that people edit; what is wrong is told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from api.review.errors import ReviewError
from api.review.scores.card import Card, Item
from phrasebook.scorecard import Charge
from phrasebook.words import CHARGES

MOST_ITEMS = 80
_KEYS = {"id", "title", "group", "points", "feeds", "fatal", "charge", "bonus"}


def as_data(card: Card) -> dict[str, Any]:
    items = []
    for item in card.items:
        row: dict[str, Any] = {"id": item.id, "title": item.title, "group": item.group}
        row["points"] = item.points
        if item.feeds:
            row["feeds"] = list(item.feeds)
        if item.fatal:
            row["fatal"] = True
        if item.bonus:
            row["bonus"] = item.bonus
        if item.charge is not Charge.EACH:
            row["charge"] = item.charge.value
        items.append(row)
    whole: dict[str, Any] = {"total": card.total, "pass": card.pass_score}
    if card.scaled:
        whole["scaled"] = True
    if card.caps:
        whole["caps"] = dict(card.caps)
    return {**whole, "items": items}


def as_yaml(card: Card) -> str:
    text: str = yaml.safe_dump(
        as_data(card), allow_unicode=True, sort_keys=False, default_flow_style=None, width=200
    )
    return text


def from_yaml(text: str) -> Card:
    """Raises ReviewError that says what is wrong and in which item."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        told = f"scorecard: line {line}: not YAML"
        raise ReviewError(told, key="card_yaml", line=line) from None
    except (ValueError, RecursionError):
        raise ReviewError("scorecard: not YAML", key="card_yaml", line=1) from None
    return from_data(data)


def from_data(data: object) -> Card:
    """Raises ReviewError."""
    if not isinstance(data, Mapping) or not isinstance(data.get("items"), list):
        told = "scorecard: expected total, pass and a list of items"
        raise ReviewError(told, key="card_shape")
    rows = data["items"]
    if not 1 <= len(rows) <= MOST_ITEMS:
        told = f"scorecard: {len(rows)} items, expected 1 to {MOST_ITEMS}"
        raise ReviewError(told, key="card_count", n=len(rows), most=MOST_ITEMS)
    items = tuple(item_of(row, number) for number, row in enumerate(rows, 1))
    ids = [item.id for item in items]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        told = f"scorecard: item id {twice[0]!r} is used twice"
        raise ReviewError(told, key="card_twice", id=twice[0])
    if not any(item.points > 0 for item in items):
        raise ReviewError("scorecard: no item has points", key="card_no_points")
    total, passing = _number(data.get("total", 100), "total"), _number(data.get("pass", 85), "pass")
    if not 0 < passing <= total:
        told = f"scorecard: pass is {passing}, expected above 0 and at most {total}"
        raise ReviewError(told, key="card_pass", found=passing, total=total)
    scaled = data.get("scaled") is True
    caps = caps_of(data.get("caps"), items)
    return Card(total=total, pass_score=passing, items=items, scaled=scaled, caps=caps)


def caps_of(found: object, items: Iterable[Item]) -> dict[str, float]:
    """`{态度: 25}`, or as a phrasebook has it `态度 = 25`: of groups of the card's items."""
    groups = {item.group for item in items if item.group}
    if isinstance(found, str):
        parts = (part.partition("=") for part in re.split("[,，、;；]", found) if part.strip())
        found = {group.strip(): _plain(points.strip()) for group, _, points in parts}
    found = {} if found is None else found
    if not isinstance(found, Mapping):
        raise ReviewError("scorecard: caps: expected groups with points", key="card_caps")
    unknown = sorted(str(group) for group in found if group not in groups)
    if unknown:
        told = f"scorecard: caps names {unknown[0]!r}, which is no group of an item"
        raise ReviewError(told, key="card_cap_group", name=unknown[0])
    return {str(group): _number(points, f"caps {group}") for group, points in found.items()}


def item_of(row: object, number: int) -> Item:
    where = f"scorecard: item {number}"
    if not isinstance(row, Mapping) or not row.get("id") or not row.get("title"):
        told = f"{where}: expected id, title, group and points"
        raise ReviewError(told, key="card_item", number=number)
    unknown = sorted(str(key) for key in set(row) - _KEYS)
    if unknown:
        told = f"{where}: unknown key {unknown[0]!r}"
        raise ReviewError(told, key="card_key", number=number, name=unknown[0])
    feeds = row.get("feeds") or []
    if not isinstance(feeds, list) or not all(isinstance(feed, str) for feed in feeds):
        told = f"{where}: feeds must be a list of names"
        raise ReviewError(told, key="card_feeds", number=number)
    return Item(
        id=str(row["id"])[:60],
        title=str(row["title"])[:120],
        group=str(row.get("group", ""))[:60],
        points=_number(row.get("points", 0), f"item {number} points"),
        feeds=tuple(feeds),
        fatal=row.get("fatal") is True,
        charge=_charge(row.get("charge", Charge.EACH), where, number),
        bonus=_number(row.get("bonus", 0), f"item {number} bonus"),
    )


def _plain(text: str) -> float | str:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text


def _charge(found: object, where: str, number: int) -> Charge:
    """Also as a phrasebook words it: 每次, 每条一次, 每通一次."""
    charge = CHARGES.get(str(found))
    if charge is None:
        names = ", ".join(Charge)
        told = f"{where}: charge is {str(found)[:40]!r}, expected one of {names}"
        raise ReviewError(told, key="card_charge", number=number, found=str(found)[:40])
    return charge


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000:
        told = f"scorecard: {what} is {value!r}, expected a number from 0 to 1000"
        raise ReviewError(told, key="card_number", what=what, found=str(value)[:40])
    return float(value)
