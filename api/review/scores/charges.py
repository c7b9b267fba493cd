"""Which findings take points from which item, once people have had their say.

Of the hits of one rule in one utterance, and of findings on the same words, one is charged; judged
wrong, the next one is. What waits for a person takes nothing until somebody judged it right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.review.scores.amended import DUE, machine_state
from api.review.scores.card import Item
from api.review.scores.limits import as_often
from api.review.scores.loss import Loss, loss_of
from api.review.scores.opinions import Said, check_key, step_key
from api.review.scores.rulebook import Rulebook, StepFacts
from api.review.scores.triggers import is_withdrawn
from phrasebook.model import Kind, Severity
from qa_engine.events import Tier
from qa_engine.report.stored import StoredDeduction, StoredHit, StoredItem, StoredReport, StoredStep
from qa_engine.rules.charging import Claim, charged_once, once_an_utterance
from qa_engine.rules.counting import Effect, Reason, Standing, with_verdict
from qa_engine.rules.severity import SEVERITY_SHARE
from qa_engine.rules.tally import CountedAs, counted_as


def standing(hit: StoredHit, said: Said) -> Standing:
    """What a hit of a report does by itself, after what people said of it.

    Which of several on the same words is charged, `standings` tells.
    """
    effect = Effect(hit.get("effect", "counted"))
    reason = Reason(hit.get("effect_reason", ""))
    if reason is Reason.CHARGED_ONCE:
        effect, reason = Effect.COUNTED, Reason.NONE
    machine = Standing(effect, reason)
    return with_verdict(machine, said.get(hit["id"]))


def standings(report: StoredReport, said: Said) -> Mapping[str, Standing]:
    """What each hit of a report does, by its id: one breach is charged once."""
    claims = [(hit, _claim(hit, standing(hit, said))) for hit in report["hits"]]
    charged = charged_once(claim for hit, claim in claims if _is_forbidden(hit))
    others = once_an_utterance(claim for hit, claim in claims if not _is_forbidden(hit))
    return {**charged, **others}


def counts_of(report: StoredReport, said: Said) -> Mapping[str, CountedAs]:
    """Which count each hit of a report adds to, by its id."""
    found = standings(report, said)
    return {
        hit["id"]: counted_as(hit.get("kind", Kind.FORBIDDEN), found[hit["id"]].effect)
        for hit in report["hits"]
    }


def losses(item: Item, report: StoredReport, said: Said, book: Rulebook) -> list[Loss]:
    """Every loss of one item, in the order of the machine's, what people added behind it."""
    hits = {hit["id"]: hit for hit in report["hits"]}
    return as_often(item, _losses(item, report, said, book), hits)


def _losses(item: Item, report: StoredReport, said: Said, book: Rulebook) -> Iterator[Loss]:
    """However often the item is charged for them."""
    hits = {hit["id"]: hit for hit in report["hits"]}
    items = _items(report)
    taken = [one for line in items for one in line["deductions"] if _feeds(item, one, hits)]
    waiting = [one for line in items for one in line.get("waiting", ()) if _feeds(item, one, hits)]
    charged = _charged(item, report, said)
    cost = {
        hits[deduction["evidence"]]["rule"]: deduction["points"]
        for deduction in (*waiting, *taken)
        if deduction["evidence"] in hits
    }
    for deduction in taken:
        evidence = deduction["evidence"]
        stands = evidence in charged if evidence in hits else _stands(evidence, said, report)
        yield loss_of(deduction, stands=stands)
    told = {deduction["evidence"] for deduction in taken}
    for hit in report["hits"]:
        if hit["id"] in told or hit["id"] not in charged:
            continue
        points = cost.get(hit["rule"]) or book.prices.get(hit["rule"]) or _share(item, hit)
        yield Loss(
            points=round(min(points, item.points), 2),
            kind="hit",
            evidence=hit["id"],
            title=hit.get("title") or hit["rule"],
            reason=Tier.PERSON.value if hit.get("tier") == Tier.PERSON else "hit",
            at_ms=hit["begin_ms"],
            stands=True,
        )
    yield from _steps_that_people_missed(item, report, book, told)


def _stands(evidence: str, said: Said, report: StoredReport) -> bool:
    """Of a step or a conduct check; a step may have been asked for by a false alarm alone."""
    if any(step["id"] == evidence and is_withdrawn(step) for step in report.get("steps", ())):
        return False
    return not any(said.get(key) is False for key in (step_key(evidence), check_key(evidence)))


def _steps_that_people_missed(
    item: Item, report: StoredReport, book: Rulebook, told: set[str]
) -> Iterator[Loss]:
    """Steps that the machine took for done, or did not count, and a person for left out."""
    due = [s for s in report.get("steps", ()) if machine_state(s) in DUE and item.fed_by(s["id"])]
    for step in due:
        if "machine_state" not in step or step["state"] != "missed" or step["id"] in told:
            continue
        points = book.steps.get(step["id"], StepFacts()).points or item.points / len(due)
        yield Loss(
            points=round(min(points, item.points), 2),
            kind="step",
            evidence=step["id"],
            title=step.get("title") or step["id"],
            reason="missed",
            at_ms=step.get("at_ms"),
            stands=True,
        )


def is_fatal(report: StoredReport, said: Said, book: Rulebook) -> bool:
    """A fatal step was missed, or a fatal hit counts."""
    hits = {hit["id"]: hit for hit in report["hits"]}
    for fatal in report["score"].get("fatal", ()) if report["score"] else ():
        evidence = fatal["evidence"]
        stands = _stands(evidence, said, report)
        if standing(hits[evidence], said).counts if evidence in hits else stands:
            return True
    if any(
        step["state"] == "missed" and "machine_state" in step and _is_fatal_step(step, report, book)
        for step in report.get("steps", ())
    ):
        return True
    return any(standing(hit, said).counts for hit in _fatal_hits(report))


def fatal_waiting(report: StoredReport, said: Said) -> list[str]:
    """Fatal findings that a person must judge first: until then the call has not passed."""
    steps = {step["id"] for step in report.get("steps", ()) if not is_withdrawn(step)}
    unheard = [one["evidence"] for one in _fatal_waiting(report)]
    waiting = [hit["id"] for hit in _fatal_hits(report) if standing(hit, said).holds_up]
    return waiting + [one for one in unheard if one in steps and step_key(one) not in said]


def _is_fatal_step(step: StoredStep, report: StoredReport, book: Rulebook) -> bool:
    told = {one["evidence"] for one in _fatal_waiting(report)}
    return step["id"] in told or book.steps.get(step["id"], StepFacts()).fatal


def _fatal_hits(report: StoredReport) -> Iterator[StoredHit]:
    """Of the rules that were fatal when the machine judged; `fatal` of a trigger means nothing."""
    return (hit for hit in _forbidden(report) if hit.get("fatal"))


def _items(report: StoredReport) -> list[StoredItem]:
    """The lines of the machine's sheet; none where the call could not be judged."""
    return report["score"]["items"] if report["score"] else []


def _feeds(item: Item, taken: StoredDeduction, hits: Mapping[str, StoredHit]) -> bool:
    """Hits feed an item by their rule, steps and checks by themselves."""
    evidence = taken["evidence"]
    return item.fed_by(hits[evidence]["rule"] if evidence in hits else evidence)


def _fatal_waiting(report: StoredReport) -> list[StoredDeduction]:
    return report["score"].get("fatal_waiting", []) if report["score"] else []


def _charged(item: Item, report: StoredReport, said: Said) -> set[str]:
    """One hit of a rule in an utterance: 不归我管，您找别人 in one breath is one fault."""
    first: dict[tuple[str, int], str] = {}
    found = standings(report, said)
    for hit in sorted(_forbidden(report), key=lambda hit: (hit["begin_ms"], hit["id"])):
        if item.fed_by(hit["rule"]) and found[hit["id"]].counts:
            first.setdefault((hit["rule"], hit["utterance"]), hit["id"])
    return set(first.values())


def _claim(hit: StoredHit, found: Standing) -> Claim:
    """A finding of a stored report; one whose place nobody wrote down lies on no other's words."""
    parts = hit.get("parts") or ([hit] if "begin_char" in hit else [])
    if hit.get("tier") == Tier.ASKED:
        parts = []
    return Claim(
        id=hit["id"],
        rule=hit["rule"],
        role=hit.get("role", ""),
        parts=tuple((part["utterance"], part["begin_char"], part["end_char"]) for part in parts),
        severity=Severity(hit.get("severity", Severity.MEDIUM)),
        fatal=bool(hit.get("fatal")),
        standing=found,
    )


def _forbidden(report: StoredReport) -> Iterator[StoredHit]:
    return (hit for hit in report["hits"] if _is_forbidden(hit))


def _is_forbidden(hit: StoredHit) -> bool:
    return bool(hit.get("kind", Kind.FORBIDDEN) == Kind.FORBIDDEN)


def _share(item: Item, hit: StoredHit) -> float:
    """Where the phrasebook names no points."""
    return item.points * SEVERITY_SHARE[Severity(hit["severity"])]
