"""Pieces of a call, written by hand: what a matcher would have told of it."""

from __future__ import annotations

from phrasebook.model import (
    Anchor,
    AnchorKind,
    Entry,
    Kind,
    Phrasebook,
    Script,
    Step,
    Where,
)
from qa_engine.events import Hit, HitState, Role, StepHeard, Tier, Utterance

HERE = Where(path="test.yaml", line=1)

START = Anchor(kind=AnchorKind.CALL_START)
END = Anchor(kind=AnchorKind.CALL_END)


def on_step(ref: str) -> Anchor:
    return Anchor(kind=AnchorKind.STEP, ref=ref)


def on_hit(ref: str) -> Anchor:
    return Anchor(kind=AnchorKind.HIT, ref=ref)


def step(name: str, anchor: Anchor = START, **keys: object) -> Step:
    keys = {"title": name, "source": "S4.1"} | keys
    return Step(id=name, say=(), anchor=anchor, where=HERE, **keys)  # type: ignore[arg-type]


def entry(name: str, **keys: object) -> Entry:
    keys = {"title": name} | keys
    return Entry(id=name, say=(), where=HERE, **keys)  # type: ignore[arg-type]


def book(*steps: Step, entries: tuple[Entry, ...] = (), **keys: object) -> Phrasebook:
    script = Script(id="all", title="全部", steps=tuple(s.id for s in steps), where=HERE)
    return Phrasebook(
        name="test",
        version="1",
        entries=entries,
        steps=steps,
        scripts=(script,),
        default_script="all",
        **keys,  # type: ignore[arg-type]
    )


def said(
    name: str, second: float, *, utterance: int | None = None, state: HitState = HitState.CONFIRMED
) -> StepHeard:
    """The words of a step, two seconds long, from `second` of the call."""
    begin = round(second * 1000)
    return StepHeard(
        at_ms=begin + 2000,
        step=name,
        utterance=begin if utterance is None else utterance,
        role=Role.AGENT,
        begin_ms=begin,
        end_ms=begin + 2000,
        score=1.0,
        state=state,
    )


def hit(
    rule: str, second: float, *, role: Role = Role.CUSTOMER, utterance: int = 0, **keys: object
) -> Hit:
    begin = round(second * 1000)
    values: dict[str, object] = {
        "id": f"{rule}@{begin}",
        "source": "S6.1",
        "phrase": "我要投诉",
        "begin_char": 0,
        "end_char": 4,
        "begin_ms": begin,
        "end_ms": begin + 1000,
        "heard": "我要投诉",
        "quote": "我要投诉",
        "tier": Tier.EXACT,
        "score": 1.0,
        "why": "",
        "suggest": (),
        "coach": "",
        "severity": "high",
        "audience": "supervisor",
        "kind": Kind.TRIGGER,
        "fatal": False,
        "confidence": 1.0,
    } | keys
    return Hit(rule=rule, role=role, utterance=utterance, **values)  # type: ignore[arg-type]


def utterance(
    number: int,
    role: Role,
    begin_s: float,
    end_s: float,
    text: str,
    *,
    level_dbfs: float | None = None,
    intelligible: bool = True,
    is_final: bool = True,
) -> Utterance:
    return Utterance(
        id=number,
        role=role,
        channel=0 if role is Role.AGENT else 1,
        begin_ms=round(begin_s * 1000),
        end_ms=round(end_s * 1000),
        text=text,
        level_dbfs=level_dbfs,
        intelligible=intelligible,
        is_final=is_final,
        stable_chars=len(text) if is_final else 0,
    )
