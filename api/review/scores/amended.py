"""A machine's report as people have it: their own findings in it, steps and conduct as they judged.

What the machine said stays beside it (`machine_state`), so that a later verdict can go back to it.
The score in the report is the machine's own and is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.review.scores.opinions import Place, Said, check_key, step_key
from api.review.scores.rulebook import Rulebook, RuleFacts
from api.review.scores.triggers import NOT_APPLICABLE, Withdrawn, without_rejected
from phrasebook.model import Audience, Kind
from qa_engine.events import Hit, Role, Tier
from qa_engine.report.build import report_hit
from qa_engine.report.model import plain
from qa_engine.report.stored import (
    StepFlags,
    StoredHit,
    StoredReport,
    StoredStep,
    StoredUtterance,
)
from qa_engine.report.stored_conduct import StoredCheck
from qa_engine.rules.counting import COUNTED, Effect

DUE = frozenset({"done", "late", "missed"})
"""States of a step that a call owed, and that can be judged."""


def amended(
    report: StoredReport, said: Said, missed: Iterable[Place], book: Rulebook
) -> StoredReport:
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


def machine_state(found: StoredStep | StoredCheck) -> str:
    """What the machine said of a step or a check."""
    return str(found.get("machine_state", found["state"]))


def keys_of(report: StoredReport) -> set[str]:
    """All that can be judged right or wrong in a report."""
    steps = {step_key(s["id"]) for s in report["steps"] if machine_state(s) in DUE}
    checks = {
        check_key(check["id"])
        for check in report["conduct"]["checks"]
        if machine_state(check) == "breach"
    }
    return {hit["id"] for hit in report["hits"]} | steps | checks


def _by_machine(report: StoredReport) -> list[StoredHit]:
    return [hit for hit in report["hits"] if hit.get("tier") != Tier.PERSON]


def _by_people(
    report: StoredReport, missed: Iterable[Place], book: Rulebook
) -> Iterator[StoredHit]:
    """Places as hits; what the machine finds there by now is its own."""
    before = {hit["id"]: hit for hit in report["hits"] if hit.get("tier") == Tier.PERSON}
    spoken = {utterance["id"]: utterance for utterance in report["utterances"]}
    for place in dict.fromkeys(missed):
        if place.utterance not in spoken or _is_found(report, place):
            continue
        rule = book.rules.get(place.rule)
        # Times came from single words, which a frozen report no longer has.
        yield before.get(place.id) or _hit(place, spoken[place.utterance], rule)


def _is_found(report: StoredReport, place: Place) -> bool:
    return any(
        hit["rule"] == place.rule
        and hit["utterance"] == place.utterance
        and hit["begin_char"] < place.end_char
        and place.begin_char < hit["end_char"]
        and hit.get("effect") != Effect.NOT_COUNTED.value
        for hit in _by_machine(report)
    )


def _hit(place: Place, spoken: StoredUtterance, rule: RuleFacts | None) -> StoredHit:
    """A rule that nobody knows takes no points: it is neither forbidden nor a trigger."""
    begin_ms, end_ms = _times(place, spoken)
    facts = rule or RuleFacts(id=place.rule, title=place.rule)
    found = Hit(
        id=place.id,
        rule=facts.id,
        source=facts.source,
        phrase="",
        role=Role(spoken["role"]),
        utterance=place.utterance,
        begin_char=place.begin_char,
        end_char=place.end_char,
        begin_ms=begin_ms,
        end_ms=end_ms,
        heard=spoken["text"][place.begin_char : place.end_char],
        quote=spoken["text"],
        tier=Tier.PERSON,
        score=1.0,
        why="",
        suggest=facts.suggest,
        coach="",
        severity=facts.severity.value,
        audience=Audience.REVIEW.value,
        kind=facts.kind.value if rule else "note",
        fatal=facts.fatal and facts.kind is Kind.FORBIDDEN,
        confidence=1.0,
    )
    row: StoredHit = plain(report_hit(found, facts.title, COUNTED, points=facts.points))
    return row


def _times(place: Place, spoken: StoredUtterance) -> tuple[int, int]:
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


def _step(step: StoredStep, right: bool | None, left: Withdrawn | None) -> StoredStep:
    """Wrongly missed, late or out of order: it was done. Wrongly done: it was missed.

    `left`: what it comes to without triggers that people judged wrong; where nothing else asked
    for the step, what was said of it matters no longer.
    """
    flags = _machine_flags(step)
    machine: StoredStep = {**step, "state": machine_state(step), **flags}
    machine.pop("machine_state", None)
    machine.pop("machine_flags", None)
    if left is not None and (right is None or left["state"] == NOT_APPLICABLE):
        effect = flags["effect"] if left["unheard"] else Effect.COUNTED.value
        return _judged(machine, flags, {**left, "effect": effect})
    if right is None or machine["state"] not in DUE:
        return machine
    in_order = machine["state"] == "done" and flags["in_order"]
    if right:
        state, in_order = machine["state"], flags["in_order"]
        if not flags["unheard"]:
            return machine
    else:
        state, in_order = "missed" if in_order else "done", True
    effect = Effect.COUNTED.value
    return _judged(
        machine, flags, {"state": state, "in_order": in_order, "unheard": False, "effect": effect}
    )


class _Judged(Withdrawn):
    effect: str


def _judged(machine: StoredStep, flags: StepFlags, judged: _Judged) -> StoredStep:
    """The step as people have it, with what the machine said beside it."""
    return {**machine, **judged, "machine_state": machine["state"], "machine_flags": flags}


def _machine_flags(step: StoredStep) -> StepFlags:
    kept: StepFlags | StoredStep = step.get("machine_flags", step)
    return {
        "unheard": kept.get("unheard", False),
        "effect": kept.get("effect", Effect.COUNTED.value),
        "in_order": kept.get("in_order", True),
    }


def _check(check: StoredCheck, right: bool | None) -> StoredCheck:
    machine: StoredCheck = {**check, "state": machine_state(check)}
    machine.pop("machine_state", None)
    if right is not False or machine["state"] != "breach":
        return machine
    return {**machine, "state": "ok", "machine_state": "breach"}
