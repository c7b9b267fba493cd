"""An appeal is upheld only with something changed; what the agent contests cannot all stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.errors import ReviewError
from api.review.judging import appeals, draft_sheet, reviews, single_verdicts, submitting
from api.review.judging.reviews import Review
from api.review.scores import scorecards
from api.store import Store
from tests.api.review.calls import put
from tests.qa_engine.report.sample_pack import pack

ANNA = Person(login="anna", name="Anna", role=AccountRole.AGENT, agent="anna")
LENA = Person(login="lena", name="Lena", role=AccountRole.LEAD)
STEP = "step:identity-check"


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    for login, role in (("ines", "inspector"), ("lena", "lead"), ("anna", "agent")):
        people.create_user(store, login, role=role)
    put(store)
    return store


def hits_of(store: Store) -> list[str]:
    loaded = store.load("call-1")
    assert loaded is not None
    return [hit.id for hit in loaded.hits]


def filled(store: Store, review: Review) -> dict[str, dict[str, int]]:
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, reviews.by_number(connection, review.id))
    return {name: {"points": 1} for name in sheet.missing}


def handed_in(store: Store, review: Review) -> int:
    answers = filled(store, review)
    submitting.submit(store, review.id, login="ines", revision=0, answers=answers, comment="")
    return review.id


def contested(
    store: Store, findings: Sequence[str] = (), *, machine: bool = False
) -> tuple[int, Review]:
    """An appeal against a review that judged every hit right, and the decider's draft."""
    number = None
    if not machine:
        review = reviews.begin(store, "call-1", purpose="sample", login="ines")
        for hit in hits_of(store):
            single_verdicts.judge(store, review.id, login="ines", hit_id=hit, right=True)
        number = handed_in(store, review)
    reason, within = "请再听一遍这段录音", timedelta(days=7)
    made = appeals.appeal(
        store, "call-1", number, by=ANNA, reason=reason, within=within, findings=findings
    )
    draft = appeals.open_answer(store, made, LENA)
    if machine:
        written(store, draft, filled(store, draft))
    return made, draft


def written(store: Store, draft: Review, answers: dict[str, dict[str, int]]) -> None:
    reviews.save(store, draft.id, login="lena", revision=0, answers=answers, comment="")


def judged(store: Store, draft: Review, hit: str, *, right: bool) -> None:
    single_verdicts.judge(store, draft.id, login="lena", hit_id=hit, right=right)


def upheld(store: Store, number: int) -> str:
    """The state of the appeal after 成立, or why it was refused."""
    try:
        appeals.answer(store, number, by=LENA, accepted=True, words="申诉成立，已改判")
    except ReviewError as error:
        return error.key
    with store.reading() as connection:
        return appeals.by_number(connection, number).state


@pytest.mark.parametrize("machine", [False, True])
def test_an_appeal_is_not_upheld_with_nothing_changed_and_can_still_be_rejected(
    desk: Store, machine: bool
) -> None:
    number, draft = contested(desk, machine=machine)
    judged(desk, draft, hits_of(desk)[0], right=True)

    assert upheld(desk, number) == "nothing_changed"

    appeals.answer(desk, number, by=LENA, accepted=False, words="复听后维持原判")
    with desk.reading() as connection:
        assert appeals.by_number(connection, number).state == "rejected"


@pytest.mark.parametrize("machine", [False, True])
def test_what_is_contested_cannot_all_stand_however_else_the_sheet_was_changed(
    desk: Store, machine: bool
) -> None:
    first, other = hits_of(desk)[:2]
    number, draft = contested(desk, [first, STEP], machine=machine)
    judged(desk, draft, other, right=False)

    assert upheld(desk, number) == "contested_stands"

    judged(desk, draft, STEP, right=False)
    assert upheld(desk, number) == "accepted"


@pytest.mark.parametrize("machine", [False, True])
def test_a_verdict_or_points_alone_are_a_change(desk: Store, machine: bool) -> None:
    number, draft = contested(desk, machine=machine)
    with desk.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, reviews.by_number(connection, draft.id))
        kept = reviews.by_number(connection, draft.id)
    line = next(one for one in sheet.lines if one.suggested is not None and one.earned)
    more = {line.item.id: {"points": (line.earned or 0) - 1}}
    reviews.save(
        desk,
        draft.id,
        login="lena",
        revision=kept.revision,
        answers={**kept.answers["items"], **more},
        comment="",
    )

    assert upheld(desk, number) == "accepted"


def test_a_review_made_since_the_machine_was_contested_is_a_change_to_it(desk: Store) -> None:
    """The agent objected to the machine's score; another review has put it right by now."""
    first = hits_of(desk)[0]
    made = appeals.appeal(
        desk,
        "call-1",
        None,
        by=ANNA,
        reason="请再听一遍这段录音",
        within=timedelta(days=7),
        findings=[first],
    )
    review = reviews.begin(desk, "call-1", purpose="sample", login="ines")
    single_verdicts.judge(desk, review.id, login="ines", hit_id=first, right=False)
    handed_in(desk, review)
    appeals.open_answer(desk, made, LENA)

    assert upheld(desk, made) == "accepted"
