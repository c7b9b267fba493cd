"""What people find and judge themselves changes the score as the machine's own findings would."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import select

from api.review.accounts import people
from api.review.errors import NotThere
from api.review.judging import draft_sheet, reviews, single_verdicts, submitting
from api.review.scores import scorecards, snapshots
from api.review.scores.amended import amended
from api.review.scores.opinions import Place, check_key, step_key
from api.review.scores.rulebook import Rulebook, rulebook_of
from api.review.tables import sheet_findings
from api.store import Store, verdicts
from qa_engine.report.model import ReportHit
from tests.api.review.calls import put, stored
from tests.qa_engine.report.sample_pack import pack

RULE = "s2-3-guarantee"
PLACE = Place(utterance=1, begin_char=0, end_char=4, rule=RULE)


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    people.create_user(store, "ines", role="inspector")
    put(store)
    return store


def draft(store: Store) -> reviews.Review:
    return reviews.begin(store, "call-1", purpose="sample", login="ines")


def sheet(store: Store) -> Any:
    with store.reading() as connection:
        return draft_sheet.sheet_of(connection, reviews.by_number(connection, draft(store).id))[0]


def judge(store: Store, what: str, right: bool | None) -> None:
    single_verdicts.judge(store, draft(store).id, login="ines", hit_id=what, right=right)


def hand_in(store: Store) -> snapshots.Snapshot:
    missing = {name: {"points": 1} for name in sheet(store).missing}
    with store.reading() as connection:
        now = reviews.by_number(connection, draft(store).id)
    submitting.submit(
        store, now.id, login="ines", revision=now.revision, answers=missing, comment=""
    )
    with store.reading() as connection:
        found = snapshots.current(connection, "call-1")
    assert found is not None
    return found


def taken(store: Store, evidence: str) -> float:
    losses = (loss for line in sheet(store).lines for loss in line.losses if loss.stands)
    return sum(loss.points for loss in losses if loss.evidence == evidence)


def test_words_marked_as_missed_take_the_points_of_their_rule_until_they_are_taken_back(
    desk: Store,
) -> None:
    before = sheet(desk).total
    single_verdicts.mark_missed(desk, draft(desk).id, login="ines", place=PLACE)

    place = Place(rule=RULE, utterance=1, begin_char=0, end_char=4)
    assert taken(desk, place.id) == 5.0
    assert sheet(desk).total < before
    single_verdicts.unmark_missed(desk, draft(desk).id, login="ines", place=place)
    assert sheet(desk).total == before


def test_what_was_missed_is_a_finding_of_the_sheet_and_counts_against_recall(desk: Store) -> None:
    single_verdicts.mark_missed(desk, draft(desk).id, login="ines", place=PLACE)

    frozen = hand_in(desk)

    mine = [hit for hit in frozen.report["hits"] if hit["tier"] == "person"]
    assert [(hit["rule"], hit["heard"]) for hit in mine] == [(RULE, mine[0]["quote"][:4])]
    with desk.reading() as connection:
        rows = connection.scalars(select(sheet_findings.c.name).where(sheet_findings.c.counts))
        assert list(rows).count(RULE) == 2
        standing = [v for v in verdicts.standing(connection) if v.missed]
    assert [(v.rule, v.right) for v in standing] == [(RULE, True)]


def test_what_the_machine_finds_itself_is_not_marked_twice(desk: Store) -> None:
    with desk.reading() as connection:
        report = stored(connection, "call-1")
        book = rulebook_of(connection, "call-1")
    hit = next(hit for hit in report["hits"] if hit["rule"] == RULE)
    begin, end = hit["begin_char"], hit["end_char"]
    same = Place(rule=RULE, utterance=hit["utterance"], begin_char=begin, end_char=end)

    assert len(amended(report, {}, [same], book)["hits"]) == len(report["hits"])


def test_what_a_person_found_is_a_row_of_the_report_like_any_other(desk: Store) -> None:
    with desk.reading() as connection:
        report = stored(connection, "call-1")
        book = rulebook_of(connection, "call-1")
    place = Place(rule=RULE, utterance=1, begin_char=1, end_char=3)

    found = amended(report, {}, [place], book)["hits"][-1]

    assert set(found) == {field.name for field in fields(ReportHit)}
    said = next(one for one in report["utterances"] if one["id"] == 1)
    assert (found["heard"], found["quote"], found["role"]) == (
        said["text"][1:3],
        said["text"],
        said["role"],
    )
    (part,) = found["parts"]
    assert part == {name: found[name] for name in part}  # type: ignore[literal-required]
    assert (found["id"], found["tier"], found["score"]) == (place.id, "person", 1.0)
    assert (found["decision"], found["effect"], found["needs_review"]) == ("kept", "counted", False)
    rule = book.rules[RULE]
    assert (found["title"], found["source"], found["severity"]) == (
        rule.title,
        rule.source,
        rule.severity.value,
    )
    assert (found["suggest"], found["points"]) == (list(rule.suggest), rule.points)
    assert json.loads(json.dumps(found)) == found


def test_a_rule_that_nobody_knows_takes_nothing(desk: Store) -> None:
    with desk.reading() as connection:
        report = stored(connection, "call-1")
    place = Place(rule="gone", utterance=1, begin_char=0, end_char=2)

    found = amended(report, {}, [place], Rulebook())["hits"][-1]

    assert (found["rule"], found["kind"], found["points"]) == ("gone", "note", 0.0)


@pytest.mark.parametrize("evidence", ["identity-check", "hold-reason"])
def test_a_step_wrongly_missed_gives_back_and_stands_as_done(desk: Store, evidence: str) -> None:
    before, cost = sheet(desk).total, taken(desk, evidence)
    assert cost > 0

    judge(desk, step_key(evidence), right=False)

    assert taken(desk, evidence) == 0
    assert sheet(desk).total > before
    step = next(s for s in hand_in(desk).report["steps"] if s["id"] == evidence)
    assert (step["state"], step["machine_state"]) == ("done", "missed")


def test_a_step_wrongly_done_takes_what_the_phrasebook_names(desk: Store) -> None:
    judge(desk, step_key("opening"), right=False)

    assert taken(desk, "opening") == 4.0
    with desk.reading() as connection:
        book = rulebook_of(connection, "call-1")
    frozen = hand_in(desk)
    step = next(s for s in frozen.report["steps"] if s["id"] == "opening")
    assert step["state"] == "missed"
    back = amended(frozen.report, {}, (), book)["steps"]
    assert next(s for s in back if s["id"] == "opening")["state"] == "done"


def test_a_conduct_check_wrongly_broken_gives_back(desk: Store) -> None:
    assert taken(desk, "conduct.interruption") > 0

    judge(desk, check_key("conduct.interruption"), right=False)

    assert taken(desk, "conduct.interruption") == 0
    checks = hand_in(desk).report["conduct"]["checks"]
    states = {check["id"]: check["state"] for check in checks}
    assert states["conduct.interruption"] == "ok"


@pytest.mark.parametrize("what", ["step:transfer-reason", "check:conduct.rate", "step:nothing"])
def test_what_was_not_due_cannot_be_judged(desk: Store, what: str) -> None:
    with pytest.raises(NotThere):
        judge(desk, what, right=False)
