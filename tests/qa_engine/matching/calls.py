"""Small phrasebooks and spoken lines for the tests of matching."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import phrasebook as pb
from models.recogniser import Word
from phrasebook.model import (
    Anchor,
    AnchorKind,
    Entry,
    Exception_,
    Phrasebook,
    Relation,
    Speaker,
    Step,
    Where,
)
from qa_engine.events import HitChanged, HitState, Role, StepHeard, Utterance

CHAR_MS = 200
HERE = Where(path="rules.yaml", line=7)


def entry(
    id: str, *say: str, unless: Iterable[str | Exception_] = (), who: str = "agent", **keys: Any
) -> Entry:
    """An entry that says `say`; a plain `unless` is an exception that covers the hit."""
    exceptions = [
        Exception_(pattern=pb.parse(one)) if isinstance(one, str) else one for one in unless
    ]
    return Entry(
        id=id,
        title=id,
        say=tuple(map(pb.parse, say)),
        unless=tuple(exceptions),
        who=Speaker(who),
        **{"where": HERE, "suggest": ("让我帮您查询一下",), **keys},
    )


def near(line: str, chars: int) -> Exception_:
    return Exception_(pattern=pb.parse(line), near_chars=chars)


def relation(*say: str, who: str, within_ms: int = 60_000, excuses: bool = False) -> Relation:
    patterns = tuple(map(pb.parse, say))
    return Relation(say=patterns, who=Speaker(who), within_ms=within_ms, excuses=excuses)


def step(id: str, *say: str, **keys: Any) -> Step:
    keys.setdefault("anchor", Anchor(kind=AnchorKind.CALL_START))
    return Step(id=id, title=id, say=tuple(map(pb.parse, say)), where=HERE, **keys)


def book(*items: Entry | Step) -> Phrasebook:
    return Phrasebook(
        name="test",
        version="1",
        entries=tuple(item for item in items if isinstance(item, Entry)),
        steps=tuple(item for item in items if isinstance(item, Step)),
    )


def said(
    text: str, begin_ms: int = 0, *, id: int = 1, role: str = "agent", **keys: Any
) -> Utterance:
    """A final utterance at five characters a second, with a word for each character."""
    words = tuple(
        Word(
            text=char,
            begin_ms=begin_ms + at * CHAR_MS,
            end_ms=begin_ms + (at + 1) * CHAR_MS,
            confidence=keys.get("confidence", 0.9),
        )
        for at, char in enumerate(text)
    )
    return Utterance(
        id=id,
        role=Role(role),
        channel=0 if role == "agent" else 1,
        begin_ms=begin_ms,
        end_ms=begin_ms + len(text) * CHAR_MS,
        text=text,
        **{"words": words, **keys},
    )


def partial(text: str, revision: int, begin_ms: int = 0, **keys: Any) -> Utterance:
    return replace(said(text, begin_ms, **keys), is_final=False, revision=revision)


def told(events: Iterable[HitChanged | StepHeard]) -> list[str]:
    """Hit events as `state rule heard`, amended ones with a `*`."""
    return [
        f"{event.state.value} {event.hit.rule} {event.hit.heard}" + "*" * event.amended
        for event in events
        if isinstance(event, HitChanged)
    ]


def confirmed(events: Iterable[HitChanged | StepHeard]) -> set[object]:
    """The hits that stand as confirmed after all events, ids aside."""
    standing: dict[str, object] = {}
    for event in events:
        if not isinstance(event, HitChanged):
            continue
        if event.state is HitState.CONFIRMED:
            standing[event.hit.id] = replace(event.hit, id="")
        else:
            standing.pop(event.hit.id, None)
    return set(standing.values())
