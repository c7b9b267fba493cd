"""A scorecard: what a call is scored by, from the phrasebook's own items to those of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from phrasebook import Phrasebook
from phrasebook.scorecard import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. `feeds` name the machine results that suggest its points; none: a person's own.

    A `fatal` item is a yes or no: yes makes the whole score 0.
    """

    id: str
    title: str
    group: str
    points: float
    feeds: tuple[str, ...] = ()
    fatal: bool = False
    charge: Charge = Charge.EACH
    """How often hits take points from it."""
    bonus: float = 0.0
    """What it may add at most: its feeds give points, and it has none to lose."""

    @property
    def most(self) -> float:
        return self.bonus or self.points

    @property
    def manual(self) -> bool:
        return not self.feeds

    def fed_by(self, name: str) -> bool:
        return any(
            name.startswith(feed[:-1]) if feed.endswith("*") else name == feed
            for feed in self.feeds
        )


def stored_item(data: Mapping[str, Any]) -> Item:
    """Out of a frozen sheet; those from before items had `charge` were charged for each."""
    charge = Charge(data.get("charge", Charge.EACH))
    return Item(**{**data, "feeds": tuple(data["feeds"]), "charge": charge})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`scaled`: the items do not add up to the total on purpose; what is earned is scaled to it."""

    total: float
    pass_score: float
    items: tuple[Item, ...]
    scaled: bool = False
    caps: Mapping[str, float] = field(default_factory=dict)
    """Groups, and how many points one of them may lose in a call at most."""

    @property
    def points(self) -> float:
        return sum(item.points for item in self.items if not item.fatal)


MANUAL = (
    Item(id="tone", title="语气真诚、有微笑感", group="语音表达", points=3),
    Item(id="real-solution", title="真正解决了客户的问题", group="问题解决", points=6),
    Item(id="sincere-empathy", title="共情真诚、不走过场", group="情绪管理", points=4),
    Item(id="leaked", title="泄露客户信息", group="致命项", points=0, fatal=True),
    Item(id="hung-up", title="主动挂断或辱骂客户", group="致命项", points=0, fatal=True),
)
"""What no machine hears well (service-standard S8.6), to begin with; sites edit the card."""


def first_card(book: Phrasebook) -> Card:
    """The phrasebook's own items, and those that need a person.

    A phrasebook without items is scored as one of everything, so that no deduction is lost here.
    """
    score = book.scorecard
    machine = tuple(
        Item(
            id=i.id,
            title=i.title,
            group=i.group,
            points=i.points,
            feeds=tuple(i.feeds),
            charge=i.charge,
            bonus=i.bonus,
            fatal=i.fatal,
        )
        for i in score.items
    ) or (everything(score.total),)
    # A pack that says what people score needs none of ours.
    items = machine if any(item.manual for item in machine) else machine + MANUAL
    return Card(
        total=score.total,
        pass_score=score.pass_score,
        items=items,
        scaled=True,
        caps=dict(score.caps),
    )


def everything(total: float) -> Item:
    """One item that everything takes its points from."""
    return Item(id="all", title="通话质量", group="", points=total, feeds=("*",))
