"""What one version of a scorecard changed of another, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.review.scores.card import Card, Item


@dataclass(frozen=True, slots=True)
class Change:
    """`what`: added, removed, title, group, points, feeds, fatal, charge, bonus, total,
    pass, scaled, caps.

    `item` is its title; empty where the card as a whole changed.
    """

    what: str
    item: str
    before: str = ""
    after: str = ""


def changes(before: Card, after: Card) -> list[Change]:
    """In the order of the newer card, what is gone last."""
    return [*_whole(before, after), *_items(before, after)]


def _whole(before: Card, after: Card) -> Iterator[Change]:
    if before.total != after.total:
        yield Change("total", "", f"{before.total:g}", f"{after.total:g}")
    if before.pass_score != after.pass_score:
        yield Change("pass", "", f"{before.pass_score:g}", f"{after.pass_score:g}")
    if before.scaled is not after.scaled:
        yield Change("scaled", "", _sign(before.scaled), _sign(after.scaled))
    if before.caps != after.caps:
        yield Change("caps", "", _caps(before), _caps(after))


def _items(before: Card, after: Card) -> Iterator[Change]:
    old = {item.id: item for item in before.items}
    for item in after.items:
        if item.id not in old:
            yield Change("added", item.title, "", f"{item.points:g}")
        else:
            yield from _item(old[item.id], item)
    new = {item.id for item in after.items}
    for item in before.items:
        if item.id not in new:
            yield Change("removed", item.title, f"{item.points:g}", "")


def _item(old: Item, new: Item) -> Iterator[Change]:
    for what in ("title", "group"):
        if getattr(old, what) != getattr(new, what):
            yield Change(what, new.title, getattr(old, what), getattr(new, what))
    if old.points != new.points:
        yield Change("points", new.title, f"{old.points:g}", f"{new.points:g}")
    if old.bonus != new.bonus:
        yield Change("bonus", new.title, f"{old.bonus:g}", f"{new.bonus:g}")
    if old.feeds != new.feeds:
        yield Change("feeds", new.title, " ".join(old.feeds), " ".join(new.feeds))
    if old.fatal is not new.fatal:
        yield Change("fatal", new.title, _sign(old.fatal), _sign(new.fatal))
    if old.charge is not new.charge:
        yield Change("charge", new.title, old.charge.value, new.charge.value)


def _caps(card: Card) -> str:
    return " ".join(f"{group}={points:g}" for group, points in card.caps.items()) or "—"


def _sign(value: bool) -> str:
    return "✓" if value else "—"
