"""Whole dialogues with the truth about them: what was said that must not be, what was missed.

Every sentence comes from ``text/dialogues.txt`` (wordings that training never sees) unless
``held_out=False``, when the breaches are drawn from the training templates.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from models.training.call_parts import CallWriter, SaidPhrase
from models.training.calls import ScriptedTurn

DialogueKind = Literal["good", "s1", "s2", "hold_transfer_bad", "complaint", "near_miss", "curt"]
KINDS: tuple[DialogueKind, ...] = (
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
class ScriptedDialogue:
    """A script and what an inspector would note about it."""

    kind: DialogueKind
    turns: tuple[ScriptedTurn, ...]
    said: tuple[SaidPhrase, ...]
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


def _good(s: CallWriter) -> None:
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


def _breaches(rows: tuple[str, ...], count: tuple[int, int]) -> Callable[[CallWriter], None]:
    def fill(s: CallWriter) -> None:
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


def _hold_transfer_bad(s: CallWriter) -> None:
    s.open(well=True)
    s.confirm(well=True)
    s.hold(well=False)
    s.solve(well=True)
    s.transfer(well=False)
    s.upset()
    s.close(well=s.r.random() < 0.5)


def _complaint(s: CallWriter) -> None:
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


def _near_miss(s: CallWriter) -> None:
    s.open(well=True)
    s.identify()
    s.confirm(well=True)
    for _ in range(s.r.randint(2, 4)):
        s.agent("near")
        s.customer(s.r.choice(("customer.dontknow", "customer.ok")))
    s.solve(well=True)
    s.close(well=True)


def _curt(s: CallWriter) -> None:
    s.open(well=False)
    s.confirm(well=False)
    s.agent(s.r.choice(("S1.1", "S1.2", "S1.3")))
    s.upset()
    s.solve(well=False)
    s.close(well=False)


_WRITERS: dict[DialogueKind, Callable[[CallWriter], None]] = {
    "good": _good,
    "s1": _breaches(("S1.1", "S1.2", "S1.3", "S1.4"), (1, 3)),
    "s2": _breaches(("S2.1", "S2.2", "S2.3", "S2.4", "S2.7", "S7.4"), (1, 3)),
    "hold_transfer_bad": _hold_transfer_bad,
    "complaint": _complaint,
    "near_miss": _near_miss,
    "curt": _curt,
}


def write(
    seed: int, kind: DialogueKind | None = None, *, held_out: bool = True
) -> ScriptedDialogue:
    """The dialogue of ``seed``; without ``kind`` the kinds take turns."""
    kind = kind or KINDS[seed % len(KINDS)]
    script = CallWriter(random.Random(seed), held_out)
    _WRITERS[kind](script)
    steps: dict[str, State] = {
        step: "done"
        if step in script.done
        else "missed"
        if step in script.missed
        else "not_applicable"
        for step in STEPS
    }
    return ScriptedDialogue(
        kind=kind, turns=tuple(script.turns), said=tuple(script.said), steps=steps
    )
