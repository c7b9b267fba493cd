"""The desk's scorecard beside the phrasebook's: what is published with the rules reaches it.

People edit the desk's card, so it is never replaced: only what the phrasebook's own scorecard
changed from one version of the rules to the next is done to it, and what people set themselves
stays as they set it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

from api.review.scores.card import Card, Item, first_card
from phrasebook import Phrasebook

T = TypeVar("T")

__all__ = ["completed", "feeds", "followed", "left_out"]


def followed(card: Card, before: Card, after: Card) -> Card:
    """`card` with what changed from `before` to `after`, two cards of one phrasebook."""
    old, new = _by_id(before.items), _by_id(after.items)
    items = []
    for item in card.items:
        was, now = old.get(item.id), new.get(item.id)
        if now is not None:
            items.append(_merged(item, was, now) if was else _fed_by(item, now.feeds))
        elif item != was:
            items.append(item)
    kept = {item.id for item in card.items}
    for item in after.items:
        if item.id not in old and item.id not in kept:
            items.insert(_behind_its_group(items, item), item)
    return _adding_up(
        replace(
            card,
            total=_theirs(card.total, before.total, after.total),
            pass_score=_theirs(card.pass_score, before.pass_score, after.pass_score),
            items=tuple(items) or card.items,
            caps=_caps(card, before, after, items),
        )
    )


def left_out(card: Card, book: Phrasebook) -> list[str]:
    """Titles of what the phrasebook's own card scores and this one does not."""
    pack = first_card(book)
    names = {one.id: one.title for one in book.entries}
    names |= {one.id: one.title for one in book.steps}
    names |= {one.id: one.title for one in book.asks}
    return [
        title or name
        for name, title in names.items()
        if feeds(pack.items, name) and not feeds(card.items, name)
    ]


def feeds(items: Iterable[Item], name: str) -> bool:
    """Whether any of the items takes or gives points for a rule, step or question."""
    return any(item.fed_by(name) for item in items)


def completed(card: Card, pack: Card) -> Card:
    """`card` that also scores whatever the phrasebook's own card does."""
    items = list(card.items)
    for theirs in pack.items:
        missing = tuple(feed for feed in theirs.feeds if not _covered(items, feed))
        if not missing:
            continue
        here = next((n for n, item in enumerate(items) if item.id == theirs.id), None)
        if here is None:
            items.insert(_behind_its_group(items, theirs), replace(theirs, feeds=missing))
        else:
            items[here] = _fed_by(items[here], missing)
    return _adding_up(replace(card, items=tuple(items)))


def _merged(item: Item, was: Item, now: Item) -> Item:
    changed: dict[str, Any] = {
        one.name: _theirs(getattr(item, one.name), getattr(was, one.name), getattr(now, one.name))
        for one in fields(Item)
        if one.name not in ("id", "feeds")
    }
    gone = set(was.feeds) - set(now.feeds)
    own = replace(item, **changed, feeds=tuple(one for one in item.feeds if one not in gone))
    return _fed_by(own, [feed for feed in now.feeds if feed not in was.feeds])


def _fed_by(item: Item, feeds: Iterable[str]) -> Item:
    """The item with these feeds too."""
    return replace(item, feeds=tuple(dict.fromkeys((*item.feeds, *feeds))))


def _theirs(mine: T, before: T, after: T) -> T:
    """The new value where nobody had set another than the old one."""
    return after if mine == before else mine


def _caps(card: Card, before: Card, after: Card, items: Iterable[Item]) -> dict[str, float]:
    groups = {item.group for item in items}
    names = dict.fromkeys((*card.caps, *after.caps))
    found = {
        name: _theirs(card.caps.get(name), before.caps.get(name), after.caps.get(name))
        for name in names
    }
    return {name: cap for name, cap in found.items() if cap is not None and name in groups}


def _adding_up(card: Card) -> Card:
    """A card whose items no longer add up to its total is scaled to it."""
    exact = abs(card.points - card.total) <= 0.005
    return card if card.scaled or exact else replace(card, scaled=True)


def _covered(items: Iterable[Item], feed: str) -> bool:
    return any(feed in item.feeds or (feed[-1:] != "*" and item.fed_by(feed)) for item in items)


def _behind_its_group(items: list[Item], item: Item) -> int:
    same = [n for n, one in enumerate(items) if one.group == item.group]
    return same[-1] + 1 if same else len(items)


def _by_id(items: Iterable[Item]) -> dict[str, Item]:
    return {item.id: item for item in items}
