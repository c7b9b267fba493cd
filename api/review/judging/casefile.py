"""Everything a page shows of one call: findings with verdicts, transcript, score sheet, trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from api.review.accounts.people import AccountRole, Person, of_agent
from api.review.errors import NotThere
from api.review.judging import corrections, draft_sheet, reviews, single_verdicts
from api.review.judging.corrections import Correction
from api.review.judging.reviews import Review
from api.review.records import Outcome
from api.review.scores import snapshots
from api.review.scores.news import MachineNews, may_be_new, news_of
from api.review.scores.opinions import Opinion, Place
from api.review.scores.rulebook import RuleFacts, rulebook_of
from api.review.scores.snapshots import Snapshot
from api.review.tables import appeals, flags, outcomes
from api.store import verdicts
from api.store.call_row import CallRow
from api.store.calls import counted_in, load
from api.store.records import as_record
from api.store.tables import calls
from qa_engine.report.stored import StoredHit, StoredPart, StoredReport, StoredUtterance
from qa_engine.rules.tally import Tally

SHOWN_GAP_MS = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinding:
    """A hit, numbered in order of time. `said`: None until somebody judged it."""

    number: int
    hit: StoredHit
    said: bool | None
    by: str
    comment: str
    flagged: bool
    """The agent said during the call that it is not right."""

    @property
    def tone(self) -> str:
        return "trigger" if self.hit["kind"] == "trigger" else str(self.hit["severity"])


@dataclass(frozen=True, slots=True)
class CasePiece:
    """A stretch of an utterance that looks alike."""

    text: str
    begin: int
    finding: CaseFinding | None = None
    correction: Correction | None = None
    missed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """An utterance, or (`gap` set) a silence worth a line."""

    begin_ms: int
    end_ms: int
    gap: str = ""
    utterance: StoredUtterance | None = None
    pieces: tuple[CasePiece, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """One line of the trail."""

    at: datetime
    who: str
    what: str
    score: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    call: CallRow
    report: StoredReport
    findings: tuple[CaseFinding, ...]
    rows: tuple[CaseRow, ...]
    trail: tuple[Passing, ...]
    outcome: Outcome | None
    """None while only the machine has scored."""
    frozen: Snapshot | None
    """What counts, where somebody only reads the call and people have judged it."""
    news: MachineNews | None = None

    @property
    def machine(self) -> float | None:
        """What the machine gave for what is shown here."""
        score = self.report["score"]
        return None if score is None else score["total"]

    @property
    def tally(self) -> Tally:
        """What counts: of people's sheet where there is one, the machine's elsewhere."""
        return counted_in(self.outcome if self.frozen and self.outcome else self.call)

    def words(self, part: StoredPart) -> str:
        """What was said at a place of the report."""
        said = {u["id"]: u["text"] for u in self.report["utterances"]}
        return str(said.get(part["utterance"], ""))[part["begin_char"] : part["end_char"]]


def may_see(connection: Connection, person: Person, call_id: str) -> CallRow:
    """The call. Agents find their own calls only. Raises NotThere."""
    row = connection.execute(select(calls).where(calls.c.id == call_id)).first()
    if row is None or (
        person.role is AccountRole.AGENT and (not row.agent or row.agent != person.agent)
    ):
        raise NotThere("no such call", key="not_there")
    return as_record(CallRow, row)


def open_case(
    connection: Connection, person: Person, call_id: str, review: Review | None = None
) -> CaseFile:
    """Blind reviews see what the machine said and what they said themselves, nothing else."""
    call = may_see(connection, person, call_id)
    if review is None and reviews.is_kept_blind(connection, person.login, call_id):
        raise NotThere("judge it first, blind", key="still_blind")
    frozen = snapshots.current(connection, call_id) if review is None else None
    report = frozen.report if frozen else load(connection, call_id)
    if review is not None:
        report = draft_sheet.report_of(connection, review)
    if report is None:
        raise NotThere("no such call", key="not_there")
    blind = review is not None and review.blind
    said, missed = _opinions(connection, call_id, review, frozen)
    found = tuple(_findings(connection, report, call_id, said))
    fixed = [] if blind else corrections.of_call(connection, call_id)
    outcome = connection.execute(select(outcomes).where(outcomes.c.call_id == call_id)).first()
    return CaseFile(
        call=call,
        report=report,
        findings=found,
        rows=tuple(_rows(report, found, fixed, missed)),
        trail=() if blind else tuple(_trail(connection, call, person)),
        outcome=None if blind or outcome is None else as_record(Outcome, outcome),
        frozen=frozen,
        news=_news(connection, call, frozen),
    )


def _news(connection: Connection, call: CallRow, frozen: Snapshot | None) -> MachineNews | None:
    changed = frozen is not None and may_be_new(call, frozen)
    return news_of(frozen.report, load(connection, call.id)) if frozen and changed else None


def rules_of(connection: Connection, call_id: str) -> list[RuleFacts]:
    """Each rule of the phrasebook that judged the call; none if it is not kept."""
    return list(rulebook_of(connection, call_id).rules.values())


def _opinions(
    connection: Connection, call_id: str, review: Review | None, frozen: Snapshot | None
) -> tuple[Mapping[str, Opinion], Sequence[Place]]:
    """What was said of each hit, and the places that were missed: a draft's own, or what counts."""
    if review is not None:
        return single_verdicts.opinions(connection, review)
    if frozen is not None:
        return frozen.said, frozen.missed
    given = verdicts.of_call(connection, call_id)
    said = {
        v.hit_id: Opinion(right=v.right, by=v.by, comment=v.comment) for v in given if not v.missed
    }
    names = ("utterance", "begin_char", "end_char", "rule")
    return said, [Place(**{name: getattr(v, name) for name in names}) for v in given if v.missed]


def _findings(
    connection: Connection, report: StoredReport, call_id: str, said: Mapping[str, Opinion]
) -> Iterator[CaseFinding]:
    flagged = {
        (row.rule, row.begin_ms)
        for row in connection.execute(select(flags).where(flags.c.call_id == call_id))
    }
    ordered = sorted(report["hits"], key=lambda hit: (hit["begin_ms"], hit["id"]))
    for number, hit in enumerate(ordered, 1):
        verdict = said.get(hit["id"])
        near = any(
            rule == hit["rule"] and abs(at - hit["begin_ms"]) < 2_000 for rule, at in flagged
        )
        yield CaseFinding(
            number=number,
            hit=hit,
            said=verdict.right if verdict else None,
            by=verdict.by if verdict else "",
            comment=verdict.comment if verdict else "",
            flagged=near,
        )


def _rows(
    report: StoredReport,
    found: Sequence[CaseFinding],
    fixed: Sequence[Correction],
    missed: Sequence[Place],
) -> list[CaseRow]:
    steps: dict[int, list[str]] = {}
    for step in report["steps"]:
        said = step.get("utterance")
        if step["state"] in ("done", "late") and said is not None:
            steps.setdefault(said, []).append(step["title"])
    rows = [
        CaseRow(
            begin_ms=u["begin_ms"],
            end_ms=u["end_ms"],
            utterance=u,
            pieces=tuple(_pieces(u, found, fixed, missed)),
            steps=tuple(steps.get(u["id"], ())),
        )
        for u in report["utterances"]
    ]
    rows += [
        CaseRow(
            begin_ms=gap["begin_ms"],
            end_ms=gap["end_ms"],
            gap="hold" if gap["excused"] else "silence",
        )
        for gap in report["conduct"]["silences"]
        if gap["end_ms"] - gap["begin_ms"] >= SHOWN_GAP_MS
    ]
    return sorted(rows, key=lambda row: (row.begin_ms, row.utterance is None))


def _pieces(
    utterance: StoredUtterance,
    found: Sequence[CaseFinding],
    fixed: Sequence[Correction],
    missed: Sequence[Place],
) -> Iterator[CasePiece]:
    """The text cut where its look changes; where marks overlap, a finding keeps the place."""
    text, here = utterance["text"], utterance["id"]
    looks: list[tuple[CaseFinding | None, Correction | None, str]] = [(None, None, "")] * len(text)
    for wrong in (m for m in missed if m.utterance == here):
        _paint(looks, wrong.begin_char, wrong.end_char, (None, None, wrong.rule))
    for fix in (c for c in fixed if c.utterance == here):
        _paint(looks, fix.begin_char, fix.end_char, (None, fix, ""))
    for finding in (f for f in reversed(found) if f.hit["utterance"] == here):
        look = (finding, None, "")
        _paint(looks, finding.hit["begin_char"], finding.hit["end_char"], look)
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or looks[end] != looks[begin]:
            yield CasePiece(text[begin:end], begin, *looks[begin])
            begin = end


def _paint(looks: list[Any], begin: int, end: int, look: object) -> None:
    end = min(end, len(looks))
    looks[begin:end] = [look] * max(0, end - begin)


def _trail(connection: Connection, call: CallRow, person: Person) -> list[Passing]:
    """Who scored, when, and by how much it moved. Agents do not see drafts or blind reviews."""
    trail = [Passing(at=call.stored_at, who="", what="machine", score=call.score)]
    trail += [
        Passing(at=sheet.at, who=sheet.author, what="workbook", score=sheet.score)
        for sheet in snapshots.of_call(connection, call.id)
        if sheet.source == "workbook"
    ]
    agent = of_agent(connection, call.agent) or call.agent
    for review in reviews.of_call(connection, call.id):
        if review.submitted_at is None or (person.role is AccountRole.AGENT and review.blind):
            continue
        what = f"review_{review.purpose.partition('-')[0]}"
        trail.append(
            Passing(
                at=review.submitted_at,
                who=review.inspector,
                what=what,
                score=review.score,
                note=review.comment,
            )
        )
        if review.acknowledged_at is not None:
            note = review.acknowledgement
            trail.append(
                Passing(at=review.acknowledged_at, who=agent, what="acknowledged", note=note)
            )
    for row in connection.execute(select(appeals).where(appeals.c.call_id == call.id)):
        trail.append(Passing(at=row.made_at, who=row.by, what="appealed", note=row.reason))
        if row.answered_at is not None:
            what = f"appeal_{row.state}"
            trail.append(
                Passing(at=row.answered_at, who=row.answered_by, what=what, note=row.answer)
            )
    return sorted(trail, key=lambda passing: passing.at)
