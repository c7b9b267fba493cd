"""A machine's report as people have it: their own findings in it, steps and conduct as they judged.

What the machine said stays beside it (`machine_state`), so that a later verdict can go back to it.
The score in the report is the machine's own and is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.review.scores.opinions import Place, Said, check_key, step_key
from api.review.scores.rulebook import Rulebook, RuleFacts
from api.review.scores.triggers import NOT_APPLICABLE, without_rejected
from phrasebook.model import Kind
from qa_engine.rules.counting import Effect, Reason

PERSON = "person"
"""The `tier` of a hit that a person found."""
DUE = frozenset({"done", "late", "missed"})
"""States of a step that a call owed, and that can be judged."""

Report = Mapping[str, Any]


def amended(report: Report, said: Said, missed: Iterable[Place], book: Rulebook) -> dict[str, Any]:
    """The report with people's findings among the machine's; amending it twice changes nothing."""
    withdrawn = without_rejected(report, said, book)
    return {
        **report,
        "hits": [*_by_machine(report), *_by_people(report, missed, book)],
        "steps": [
            _step(step, said.get(step_key(step["id"])), withdrawn.get(step["id"]))
            for step in report["steps"]
        ],
        "conduct": {
            **report["conduct"],
            "checks": [
                _check(check, said.get(check_key(check["id"])))
                for check in report["conduct"]["checks"]
            ],
        },
    }


def machine_state(found: Mapping[str, Any]) -> str:
    """What the machine said of a step or a check."""
    return str(found.get("machine_state", found["state"]))


def keys_of(report: Report) -> set[str]:
    """All that can be judged right or wrong in a report."""
    steps = {step_key(s["id"]) for s in report["steps"] if machine_state(s) in DUE}
    checks = {
        check_key(check["id"])
        for check in report["conduct"]["checks"]
        if machine_state(check) == "breach"
    }
    return {hit["id"] for hit in report["hits"]} | steps | checks


def _by_machine(report: Report) -> list[Mapping[str, Any]]:
    return [hit for hit in report["hits"] if hit.get("tier") != PERSON]


def _by_people(
    report: Report, missed: Iterable[Place], book: Rulebook
) -> Iterator[Mapping[str, Any]]:
    """Places as hits; what the machine finds there by now is its own."""
    before = {hit["id"]: hit for hit in report["hits"] if hit.get("tier") == PERSON}
    spoken = {utterance["id"]: utterance for utterance in report["utterances"]}
    for place in dict.fromkeys(missed):
        if place.utterance not in spoken or _is_found(report, place):
            continue
        rule = book.rules.get(place.rule)
        # Times came from single words, which a frozen report no longer has.
        yield before.get(place.id) or _hit(place, spoken[place.utterance], rule)


def _is_found(report: Report, place: Place) -> bool:
    return any(
        hit["rule"] == place.rule
        and hit["utterance"] == place.utterance
        and hit["begin_char"] < place.end_char
        and place.begin_char < hit["end_char"]
        and hit.get("effect") != Effect.NOT_COUNTED.value
        for hit in _by_machine(report)
    )


def _hit(place: Place, spoken: Mapping[str, Any], rule: RuleFacts | None) -> dict[str, Any]:
    """A rule that nobody knows takes no points: it is neither forbidden nor a trigger."""
    begin_ms, end_ms = _times(place, spoken)
    where = {
        "utterance": place.utterance,
        "begin_char": place.begin_char,
        "end_char": place.end_char,
        "begin_ms": begin_ms,
        "end_ms": end_ms,
    }
    facts = rule or RuleFacts(id=place.rule, title=place.rule)
    return {
        "id": place.id,
        "rule": facts.id,
        "title": facts.title,
        "source": facts.source,
        "phrase": "",
        "role": spoken["role"],
        **where,
        "heard": spoken["text"][place.begin_char : place.end_char],
        "quote": spoken["text"],
        "tier": PERSON,
        "score": 1.0,
        "why": "",
        "suggest": list(facts.suggest),
        "severity": facts.severity.value,
        "kind": facts.kind.value if rule else "note",
        "fatal": facts.fatal and facts.kind is Kind.FORBIDDEN,
        "confidence": 1.0,
        "needs_review": False,
        "points": facts.points,
        "parts": [where],
        "effect": Effect.COUNTED.value,
        "effect_reason": Reason.NONE.value,
    }


def _times(place: Place, spoken: Mapping[str, Any]) -> tuple[int, int]:
    """Of the words, where each has its time; else by how far in the utterance they stand."""
    at, times = 0, []
    for word in spoken.get("words", ()):
        begin, at = at, at + len(word["text"])
        if begin < place.end_char and place.begin_char < at:
            times.append(word)
    if times:
        return times[0]["begin_ms"], times[-1]["end_ms"]
    whole = max(1, len(spoken["text"]))
    first, last = spoken["begin_ms"], spoken["end_ms"]
    begin_ms, end_ms = (
        first + (last - first) * char // whole for char in (place.begin_char, place.end_char)
    )
    return begin_ms, end_ms


def _step(
    step: Mapping[str, Any], right: bool | None, left: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Wrongly missed, late or out of order: it was done. Wrongly done: it was missed.

    `left`: what it comes to without triggers that people judged wrong; where nothing else asked
    for the step, what was said of it matters no longer.
    """
    machine = {**step, "state": machine_state(step), **_machine_flags(step)}
    for remembered in ("machine_state", "machine_flags"):
        machine.pop(remembered, None)
    if left is not None and (right is None or left["state"] == NOT_APPLICABLE):
        effect = machine["effect"] if left["unheard"] else Effect.COUNTED.value
        return {**machine, **left, "effect": effect, **_remembered(machine)}
    if right is None or machine["state"] not in DUE:
        return machine
    judged = {"unheard": False, "effect": Effect.COUNTED.value}
    if right:
        return {**machine, **judged, **_remembered(machine)} if machine["unheard"] else machine
    in_order = machine["state"] == "done" and machine.get("in_order", True)
    judged |= {"state": "missed" if in_order else "done", "in_order": True}
    return {**machine, **judged, **_remembered(machine)}


_FLAGS = ("unheard", "effect", "in_order")
_UNSAID = {"unheard": False, "effect": Effect.COUNTED.value, "in_order": True}


def _remembered(machine: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "machine_state": machine["state"],
        "machine_flags": {name: machine[name] for name in _FLAGS},
    }


def _machine_flags(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = step.get("machine_flags", step)
    return {name: kept.get(name, default) for name, default in _UNSAID.items()}


def _check(check: Mapping[str, Any], right: bool | None) -> dict[str, Any]:
    machine = {**check, "state": machine_state(check)}
    machine.pop("machine_state", None)
    if right is not False or machine["state"] != "breach":
        return machine
    return {**machine, "state": "ok", "machine_state": "breach"}
