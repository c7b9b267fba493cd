"""Twenty dialogues made of sentences that the bundled pack's authors wrote, with times."""

from __future__ import annotations

import random
from dataclasses import dataclass

from phrasebook.model import Phrasebook, Speaker

COUNT = 20
PLAIN = {
    "agent": ("好的请稍等", "我看到您的订单了", "您的地址是哪里", "这边已经登记好了"),
    "customer": ("我的快递还没有到", "我想改一下地址", "好的谢谢", "那什么时候能到"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One line. Times in ms from the start of the call."""

    number: int
    role: str
    text: str
    begin_ms: int
    end_ms: int

    def row(self) -> dict[str, object]:
        return {
            "role": self.role,
            "text": self.text,
            "begin_ms": self.begin_ms,
            "end_ms": self.end_ms,
        }


def dialogues(book: Phrasebook) -> list[list[Said]]:
    """Openings, steps and breaches drawn by chance, always the same."""
    return [_dialogue(book, random.Random(seed)) for seed in range(COUNT)]


def _dialogue(book: Phrasebook, chance: random.Random) -> list[Said]:
    opening, closing = book.steps[0], book.steps[-1]
    lines = [("agent", chance.choice(opening.tests.hit))] if chance.random() < 0.7 else []
    for _ in range(chance.randint(3, 6)):
        lines.append(("customer", chance.choice(PLAIN["customer"])))
        lines.append(_line(book, chance))
    if chance.random() < 0.7:
        lines.append(("agent", chance.choice(closing.tests.hit)))
    said, at_ms = [], 600
    for number, (role, text) in enumerate(lines):
        length_ms = len(text) * chance.randint(180, 260)
        said.append(Said(number, role, text, at_ms, at_ms + length_ms))
        at_ms += length_ms + chance.choice((-300, 200, 700, 2_500))
    return said


def _line(book: Phrasebook, chance: random.Random) -> tuple[str, str]:
    kind = chance.random()
    if kind < 0.3:
        return "agent", chance.choice(PLAIN["agent"])
    if kind < 0.6:
        return "agent", chance.choice(chance.choice(book.steps).tests.hit)
    entry = chance.choice([one for one in book.entries if one.tests.hit])
    role = "customer" if entry.who is Speaker.CUSTOMER else "agent"
    return role, chance.choice(entry.tests.hit)
