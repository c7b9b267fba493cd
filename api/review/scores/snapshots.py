"""A sheet that was handed in, frozen: what was found, what people said of it, what it came to.

Everything that shows a call's score reads the snapshot that counts, so that page, board, export,
appeal and the agent's own page cannot contradict each other, whatever is analysed or judged
afterwards. A new one arises by a submitted review, an accepted appeal, a review that was asked for
again, or verdicts from a workbook; the one before stays readable. A purge takes its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from api.review.records import SheetEntry
from api.review.scores.answers import SheetAnswers
from api.review.scores.card import stored_item
from api.review.scores.charges import counts_of
from api.review.scores.loss import Loss
from api.review.scores.opinions import Opinion, Place
from api.review.scores.scorecards import CardVersion
from api.review.scores.scoring import ScoreSheet, SheetLine
from api.review.scores.sheet_rows import findings
from api.review.tables import outcomes, sheet_findings, sheets
from api.store.calls import counted
from api.store.records import as_records
from qa_engine.report.stored import StoredReport, StoredVersions
from qa_engine.rules.counting import conclusion_of
from qa_engine.rules.tally import Tally, tally_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`report` has the shape of a stored one, amended, without what is only for machines."""

    id: int
    call_id: str
    source: str
    """review, appeal, again, workbook."""
    review: int | None
    previous: int | None
    author: str
    reason: str
    at: datetime
    report: StoredReport
    said: dict[str, Opinion]
    missed: tuple[Place, ...]
    answers: SheetAnswers
    card: int
    card_version: int
    sheet: ScoreSheet

    @property
    def versions(self) -> StoredVersions | None:
        """What judged the call: engine, phrasebook, model; None where nobody kept it."""
        return self.report.get("versions")


def freeze(
    connection: Connection,
    *,
    call_id: str,
    source: str,
    author: str,
    reason: str,
    report: StoredReport,
    said: Mapping[str, Opinion],
    missed: tuple[Place, ...],
    answers: SheetAnswers,
    card: CardVersion,
    sheet: ScoreSheet,
    review: int | None = None,
    counts: bool = True,
) -> int:
    """Keep a sheet as it is now; returns its number. `counts`: it is the call's from now on."""
    now = datetime.now(UTC)
    before = current_id(connection, call_id)
    result = {"score": sheet.total, "passed": sheet.passed, "fatal": sheet.fatal}
    result["to_give"] = sheet.to_give
    added = counts_of(report, _right(said))
    body = {
        "report": _kept(report),
        "said": {hit: asdict(opinion) for hit, opinion in said.items()},
        "missed": [asdict(place) for place in missed],
        "answers": dict(answers),
        "card": {"id": card.id, "version": card.version},
        "sheet": asdict(sheet),
    }
    done = connection.execute(
        insert(sheets).values(
            call_id=call_id,
            source=source,
            review=review,
            previous=before if counts else None,
            author=author,
            reason=reason,
            at=now,
            **counted(tally_of(added.values())),
            body=body,
            **result,
        )
    )
    number = int(done.inserted_primary_key[0])  # type: ignore[index]
    if counts:
        rows = list(findings(number, call_id, report, added))
        if rows:
            connection.execute(insert(sheet_findings), rows)
        _let_count(connection, number)
    return number


def _let_count(connection: Connection, number: int) -> None:
    """This sheet is its call's from now on."""
    row = connection.execute(select(sheets).where(sheets.c.id == number)).one()
    connection.execute(delete(outcomes).where(outcomes.c.call_id == row.call_id))
    same = ("call_id", "source", "at", "score", "to_give", "passed", "fatal", *counted(Tally()))
    told = {name: row._mapping[name] for name in same}
    connection.execute(insert(outcomes).values(**told, review=row.review or 0, sheet=number))


def withdraw(connection: Connection, snapshot: Snapshot) -> None:
    """Take back a sheet that was only just handed in; what counted before counts again."""
    counts = current_id(connection, snapshot.call_id) == snapshot.id
    connection.execute(delete(sheet_findings).where(sheet_findings.c.sheet == snapshot.id))
    connection.execute(delete(sheets).where(sheets.c.id == snapshot.id))
    if not counts:
        return
    if snapshot.previous is not None:
        _let_count(connection, snapshot.previous)
    else:
        connection.execute(delete(outcomes).where(outcomes.c.call_id == snapshot.call_id))


def current_id(connection: Connection, call_id: str) -> int | None:
    """The snapshot that counts for a call; None where no person has judged it."""
    found: int | None = connection.scalar(
        select(outcomes.c.sheet).where(outcomes.c.call_id == call_id)
    )
    return found


def current(connection: Connection, call_id: str) -> Snapshot | None:
    """The sheet that counts of a call; None where the machine's score does."""
    number = current_id(connection, call_id)
    return None if number is None else by_id(connection, number)


def by_id(connection: Connection, number: int) -> Snapshot:
    """A sheet by its number, whether it counts or not."""
    return _snapshot(connection.execute(select(sheets).where(sheets.c.id == number)).one())


def of_review(connection: Connection, review: int) -> Snapshot | None:
    """What a review was when it was handed in."""
    mine = select(sheets).where(sheets.c.review == review, sheets.c.source != "workbook")
    row = connection.execute(mine.order_by(sheets.c.id).limit(1)).first()
    return None if row is None else _snapshot(row)


def of_call(connection: Connection, call_id: str) -> list[SheetEntry]:
    """All that ever counted for a call, the oldest first."""
    columns = [column for column in sheets.columns if column.name != "body"]
    query = select(*columns).where(sheets.c.call_id == call_id).order_by(sheets.c.id)
    return as_records(SheetEntry, connection.execute(query))


def without_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot's body after a purge: which rules were broken, and nothing that was said."""
    report = body.get("report", {})
    hits = [
        {key: value for key, value in hit.items() if key not in _WORDS_OF_A_HIT}
        for hit in report.get("hits", ())
    ]
    answers = [{**answer, "reason": ""} for answer in report.get("answers", ())]
    said = {hit: {**one, "comment": ""} for hit, one in body.get("said", {}).items()}
    sheet = body.get("sheet", {})
    lines = [{**line, "note": ""} for line in sheet.get("lines", ())]
    items = body.get("answers", {}).get("items", {})
    bare = {
        name: {key: value for key, value in answer.items() if key != "note"}
        for name, answer in items.items()
    }
    return {
        **body,
        "report": {**report, "hits": hits, "answers": answers, "utterances": [], "warnings": []},
        "said": said,
        "answers": {**body.get("answers", {}), "items": bare, "notes": {}, "why": ""},
        "sheet": {**sheet, "lines": lines},
    }


_WORDS_OF_A_HIT = frozenset({"heard", "quote", "phrase", "why", "reason_zh"})


def _right(said: Mapping[str, Opinion]) -> dict[str, bool]:
    return {hit: opinion.right for hit, opinion in said.items()}


def _kept(report: StoredReport) -> StoredReport:
    """What a reader needs of a report; single words and their times are the machine's."""
    kept: StoredReport = {
        **report,
        "utterances": [
            {
                "id": spoken["id"],
                "role": spoken["role"],
                "channel": spoken["channel"],
                "begin_ms": spoken["begin_ms"],
                "end_ms": spoken["end_ms"],
                "text": spoken["text"],
                "intelligible": spoken["intelligible"],
            }
            for spoken in report["utterances"]
        ],
    }
    kept.pop("accounting", None)
    kept.pop("held_back", None)
    kept.pop("anatomy", None)
    return kept


def _snapshot(row: Row[Any]) -> Snapshot:
    body = row.body
    card = body.get("card", {})
    return Snapshot(
        id=row.id,
        call_id=row.call_id,
        source=row.source,
        review=row.review,
        previous=row.previous,
        author=row.author,
        reason=row.reason,
        at=row.at,
        report=body["report"],
        said={hit: Opinion(**opinion) for hit, opinion in body["said"].items()},
        missed=tuple(Place(**place) for place in body["missed"]),
        answers=body["answers"],
        card=card.get("id", 0),
        card_version=card.get("version", 0),
        sheet=_sheet(body["sheet"]),
    )


def _sheet(data: Mapping[str, Any]) -> ScoreSheet:
    lines = tuple(
        SheetLine(
            **{
                **line,
                "item": stored_item(line["item"]),
                "losses": tuple(Loss(**loss) for loss in line["losses"]),
            }
        )
        for line in data["lines"]
    )
    return ScoreSheet(
        **{
            **data,
            "lines": lines,
            "missing": tuple(data["missing"]),
            "waiting": tuple(data["waiting"]),
            "conclusion": conclusion_of(data["total"], data["passed"]),
        }
    )
