"""The parts that a generated call is put together from, each said well or badly."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from models.training import grammar
from models.training.calls import ScriptedTurn, SpeakerRole


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidPhrase:
    """A phrase that must be found: the row of the standard, who said it, the sentence, its turn."""

    source: str
    role: SpeakerRole
    text: str
    turn: int


@cache
def _lines() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Key to (template, rows of the standard that it breaks)."""
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for keys, template in grammar.sourced("dialogues"):
        rows = tuple(keys.split("+")) if keys.startswith("S") else ()
        table.setdefault(keys.split("+")[0], []).append((template, rows))
    return {key: tuple(found) for key, found in table.items()}


@dataclass(slots=True)
class CallWriter:
    """Writes one call: its turns, what is said in them, and which steps are done or missed."""

    r: random.Random
    held_out: bool
    turns: list[ScriptedTurn] = field(default_factory=list)
    said: list[SaidPhrase] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)

    def _text(self, key: str) -> tuple[str, tuple[str, ...]]:
        found = _lines()[key]
        if not self.held_out and key.startswith("S"):
            found = tuple((t, (s,)) for s, t in grammar.sourced("forbidden") if s == key) or found
        template, rows = self.r.choice(found)
        return grammar.expand(template, self.r), rows

    def add(self, role: SpeakerRole, *keys: str, pause: tuple[int, int] = (350, 1100)) -> None:
        """One turn made of the sentences of ``keys``; a key like ``S1.1`` is noted as said."""
        texts: list[str] = []
        for text, rows in map(self._text, keys):
            texts.append(text)
            self.said += [
                SaidPhrase(source=row, role=role, text=text, turn=len(self.turns)) for row in rows
            ]
        self.turns.append(
            ScriptedTurn(role=role, text="。".join(texts), pause_ms=self.r.randint(*pause))
        )

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
