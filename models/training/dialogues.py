"""Whole dialogues with the truth about them: what was said that must not be, what was missed.

Every sentence comes from ``text/dialogues.txt`` (wordings that training never sees) unless
``held_out=False``, when the breaches are drawn from the training templates.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from models.training import grammar
from models.training.calls import Role, Turn

Kind = Literal["good", "s1", "s2", "hold_transfer_bad", "complaint", "near_miss", "curt"]
KINDS: tuple[Kind, ...] = (
    "good",
    "s1",
    "s2",
    "hold_transfer_bad",
    "complaint",
    "near_miss",
    "curt",
)
State = Literal["done", "missed", "not_applicable"]
STEPS: dict[str, str] = {
    "opening": "S3.1",
    "self-introduction": "S3.1",
    "offer-help": "S3.2",
    "recording-notice": "S4.7",
    "identity-check": "S3.3",
    "confirm-understanding": "S3.7",
    "propose-solution": "S3.8",
    "ask-consent": "S4.2",
    "hold-request": "S3.5",
    "hold-reason": "S4.5",
    "hold-duration": "S4.5",
    "hold-thanks": "S4.5",
    "transfer-request": "S3.6",
    "transfer-reason": "S4.4",
    "transfer-consent": "S4.4",
    "transfer-department": "S4.4",
    "transfer-wait": "S4.4",
    "more-help": "S3.9",
    "closing": "S3.10",
}
"""Step to its row of the service standard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A phrase that must be found: the row of the standard, who said it, the sentence, its turn."""

    source: str
    role: Role
    text: str
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A script and what an inspector would note about it."""

    kind: Kind
    turns: tuple[Turn, ...]
    said: tuple[Said, ...]
    steps: dict[str, State]

    def truth(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "said": [
                {"source": s.source, "role": s.role, "text": s.text, "turn": s.turn}
                for s in self.said
            ],
            "steps": [
                {"id": step, "source": STEPS[step], "state": state}
                for step, state in self.steps.items()
            ],
        }


@cache
def _lines() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Key to (template, rows of the standard that it breaks)."""
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for keys, template in grammar.sourced("dialogues"):
        rows = tuple(keys.split("+")) if keys.startswith("S") else ()
        table.setdefault(keys.split("+")[0], []).append((template, rows))
    return {key: tuple(found) for key, found in table.items()}


@dataclass(slots=True)
class _Script:
    r: random.Random
    held_out: bool
    turns: list[Turn] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)

    def _text(self, key: str) -> tuple[str, tuple[str, ...]]:
        found = _lines()[key]
        if not self.held_out and key.startswith("S"):
            found = tuple((t, (s,)) for s, t in grammar.sourced("forbidden") if s == key) or found
        template, rows = self.r.choice(found)
        return grammar.expand(template, self.r), rows

    def add(self, role: Role, *keys: str, pause: tuple[int, int] = (350, 1100)) -> None:
        """One turn made of the sentences of ``keys``; a key like ``S1.1`` is noted as said."""
        texts: list[str] = []
        for text, rows in map(self._text, keys):
            texts.append(text)
            self.said += [
                Said(source=row, role=role, text=text, turn=len(self.turns)) for row in rows
            ]
        self.turns.append(Turn(role=role, text="。".join(texts), pause_ms=self.r.randint(*pause)))

    def agent(self, *keys: str, **options: Any) -> None:
        self.add("agent", *keys, **options)

    def upset(self) -> None:
        self.customer(self.r.choice(("customer.angry", "S6.2", "S6.3")))

    def customer(self, *keys: str, **options: Any) -> None:
        self.add("customer", *keys, **options)

    # -- the parts of a call ------------------------------------------------------------------

    def open(self, *, well: bool) -> None:
        if well:
            self.agent("open.good", "help")
            self.done |= {"opening", "self-introduction", "offer-help"}
        else:
            self.agent("open.bad")
            self.missed |= {"opening", "self-introduction", "offer-help"}
        self.customer("issue")

    def identify(self) -> None:
        if self.r.random() < 0.5:
            self.agent("recording", "identity")
            self.done.add("recording-notice")
        else:
            self.agent("identity")
        self.done.add("identity-check")
        self.customer("identity.answer")

    def confirm(self, *, well: bool) -> None:
        if well:
            self.agent("confirm")
            self.done.add("confirm-understanding")
            self.customer("customer.yes")
        else:
            self.missed.add("confirm-understanding")

    def hold(self, *, well: bool) -> None:
        self.done.add("hold-request")
        parts = {"hold-reason", "hold-duration", "hold-thanks"}
        if well:
            self.agent("hold.good")
            self.customer("customer.ok")
            self.agent("hold.thanks", pause=(4000, 6000))
            self.done |= parts
        else:
            self.agent("hold.bad")
            self.agent("hold.nothanks", pause=(6000, 9000))
            self.missed |= parts

    def transfer(self, *, well: bool) -> None:
        self.done.add("transfer-request")
        parts = {f"transfer-{p}" for p in ("reason", "consent", "department", "wait")}
        self.agent("transfer.good" if well else "transfer.bad")
        (self.done if well else self.missed).update(parts)
        if well:
            self.customer("customer.ok")

    def solve(self, *, well: bool) -> None:
        if well:
            self.agent("solution", "consent")
            self.done |= {"propose-solution", "ask-consent"}
            self.customer("customer.ok")
        else:
            # Nothing was proposed, so there is nothing to agree to.
            self.missed.add("propose-solution")

    def close(self, *, well: bool) -> None:
        if well:
            self.agent("more")
            self.customer("customer.none")
            self.agent("close.good")
            self.done |= {"more-help", "closing"}
            self.customer("customer.bye")
        else:
            self.agent("close.bad")
            self.missed |= {"more-help", "closing"}


def _good(s: _Script) -> None:
    s.open(well=True)
    s.identify()
    s.confirm(well=True)
    if s.r.random() < 0.6:
        s.customer("customer.dontknow")
        s.agent("near")
    s.hold(well=True)
    s.solve(well=True)
    if s.r.random() < 0.4:
        s.transfer(well=True)
    s.close(well=True)


def _breaches(rows: tuple[str, ...], count: tuple[int, int]) -> Callable[[_Script], None]:
    def fill(s: _Script) -> None:
        s.open(well=True)
        if s.r.random() < 0.6:
            s.identify()
        s.confirm(well=True)
        for row in s.r.sample(rows, s.r.randint(*count)):
            s.agent(row)
            if s.r.random() < 0.5:
                s.upset()
            else:
                s.customer("customer.dontknow")
        s.agent("apology")
        s.solve(well=True)
        s.close(well=True)

    return fill


def _hold_transfer_bad(s: _Script) -> None:
    s.open(well=True)
    s.confirm(well=True)
    s.hold(well=False)
    s.solve(well=True)
    s.transfer(well=False)
    s.upset()
    s.close(well=s.r.random() < 0.5)


def _complaint(s: _Script) -> None:
    s.open(well=True)
    s.upset()
    s.agent("empathy", "apology")
    s.confirm(well=True)
    s.customer("S6.1")
    if s.r.random() < 0.6:
        s.agent("escalate.good")
    else:
        s.agent(s.r.choice(("S2.4", "S1.3")))
    s.solve(well=True)
    s.close(well=True)


def _near_miss(s: _Script) -> None:
    s.open(well=True)
    s.identify()
    s.confirm(well=True)
    for _ in range(s.r.randint(2, 4)):
        s.agent("near")
        s.customer(s.r.choice(("customer.dontknow", "customer.ok")))
    s.solve(well=True)
    s.close(well=True)


def _curt(s: _Script) -> None:
    s.open(well=False)
    s.confirm(well=False)
    s.agent(s.r.choice(("S1.1", "S1.2", "S1.3")))
    s.upset()
    s.solve(well=False)
    s.close(well=False)


_WRITERS: dict[Kind, Callable[[_Script], None]] = {
    "good": _good,
    "s1": _breaches(("S1.1", "S1.2", "S1.3", "S1.4"), (1, 3)),
    "s2": _breaches(("S2.1", "S2.2", "S2.3", "S2.4", "S2.7", "S7.4"), (1, 3)),
    "hold_transfer_bad": _hold_transfer_bad,
    "complaint": _complaint,
    "near_miss": _near_miss,
    "curt": _curt,
}


def write(seed: int, kind: Kind | None = None, *, held_out: bool = True) -> Dialogue:
    """The dialogue of ``seed``; without ``kind`` the kinds take turns."""
    kind = kind or KINDS[seed % len(KINDS)]
    script = _Script(random.Random(seed), held_out)
    _WRITERS[kind](script)
    steps: dict[str, State] = {
        step: "done"
        if step in script.done
        else "missed"
        if step in script.missed
        else "not_applicable"
        for step in STEPS
    }
    return Dialogue(kind=kind, turns=tuple(script.turns), said=tuple(script.said), steps=steps)
