"""Page, board, export and the agent's own page say the same of a call, whatever happens to it.

Random orders of verdicts, submissions, appeals, answers, analyses again, reviews again, workbooks,
purges and new scorecards; after each step all that shows a score is asked.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, inspect, select, true

from api.batch.scope import BatchScope as BatchScope
from api.batch.sheets import sheets as batch_sheets
from api.batch.verdict_sheet import take_verdicts
from api.desk.desk import prepare_desk
from api.review.accounts import people
from api.review.errors import ReviewError
from api.review.judging import (
    appeals,
    asking,
    draft_sheet,
    reviews,
    single_verdicts,
    submitting,
    withdrawing,
)
from api.review.purge import purge
from api.review.sampling import drawing
from api.review.scores import scorecards, snapshots
from api.review.scores.opinions import Place
from api.review.tables import sheets
from api.settings import Settings
from api.store import CallFiling, Store
from api.store.tables import metadata
from qa_engine.report import Report
from tests.api.desk.conftest import Town, settle
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

CALLS = ("call-1", "call-2")
ACTS = (
    *("judge", "submit", "submit", "appeal", "open answer", "trial verdict", "reject", "accept"),
    *("again", "analyse again", "workbook", "new card", "purge", "miss", "unmark"),
    *("judge step", "judge check", "take back", "reject triggers", "draw", "claim", "hand back"),
    "ask by post",
)


def analysed(number: int, version: int) -> Report:
    """The call as another phrasebook judges it: later ones find less, and fatal things."""
    made = report(number)
    if not version:
        return made
    assert made.score is not None
    gone = {hit.id for hit in made.hits[:version]}
    items = tuple(
        replace(
            item,
            deductions=tuple(d for d in item.deductions if d.evidence not in gone),
            earned=None
            if item.earned is None
            else item.earned + sum(d.points for d in item.deductions if d.evidence in gone),
        )
        for item in made.score.items
    )
    total = min(100.0, made.score.total + 3.0 * version)
    return replace(
        made,
        hits=tuple(hit for hit in made.hits if hit.id not in gone),
        score=replace(made.score, items=items, total=total, passed=total >= 85),
        versions=replace(made.versions, phrasebook=f"sample {version}"),
    )


class Life:
    """One store through its acts; every act is tried, and what is refused changes nothing."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town, self.store, self.folder = town, town.store, folder
        # The card of the rules that judge these calls: what people overturn moves their scores.
        scorecards.ensure(self.store, pack())
        prepare_desk(self.store, town.settings)
        with self.store.reading() as connection:
            self.people = {p.login: p for p in people.everybody(connection)}
        self.version = self.task = 0
        self.opened = ""
        self.purged: set[str] = set()
        for call in CALLS:
            self.file(call)
        self.agent, self.lead = town.browser("anna"), town.browser("lena")
        self.inspector = town.browser("ines")

    def file(self, call: str) -> None:
        filing = CallFiling(agent="anna", team="early", started_at=datetime.now(UTC))
        self.store.save(analysed(int(call[-1]), self.version), filing, book=pack())
        self.purged.discard(call)

    def act(self, what: str, call: str, number: int) -> None:
        before = self.frozen()
        counted = self.numbers()
        try:
            getattr(self, "_" + what.replace(" ", "_"))(call, number)
        except ReviewError:
            assert self.numbers() == counted
        if what not in ("submit", "accept", "workbook", "purge", "again", "take back"):
            assert self.numbers() == counted, f"{what} made a new sheet"
        after = self.frozen()
        if what == "take back":
            assert set(after) <= set(before)
        for one in before.keys() & after.keys() if what == "take back" else before:
            if what != "purge":
                assert after[one] == before[one], f"{what} changed a sheet"

    def frozen(self) -> dict[int, Any]:
        with self.store.reading() as connection:
            return {row.id: tuple(row) for row in connection.execute(select(sheets))}

    def numbers(self) -> dict[str, int | None]:
        with self.store.reading() as connection:
            return {call: snapshots.current_id(connection, call) for call in CALLS}

    def draft(self, call: str) -> reviews.Review:
        purpose = "sample"
        with self.store.reading() as connection:
            found = [r for r in reviews.of_call(connection, call) if r.submitted_at is None]
        mine = [r for r in found if r.inspector == "ines"]
        return mine[-1] if mine else reviews.begin(self.store, call, purpose=purpose, login="ines")

    def hit(self, review: reviews.Review, number: int) -> str:
        with self.store.reading() as connection:
            hits = draft_sheet.report_of(connection, review)["hits"]
        return str(hits[number % len(hits)]["id"])

    def _judge(self, call: str, number: int) -> None:
        draft = self.draft(call)
        hit, right = self.hit(draft, number), bool(number % 2)
        single_verdicts.judge(self.store, draft.id, login="ines", hit_id=hit, right=right)

    def _miss(self, call: str, number: int) -> None:
        draft = self.draft(call)
        place = Place(utterance=0, begin_char=number % 3, end_char=5, rule="s1-1-dont-know")
        single_verdicts.mark_missed(self.store, draft.id, login="ines", place=place)

    def _unmark(self, call: str, number: int) -> None:
        draft = self.draft(call)
        with self.store.reading() as connection:
            places = draft_sheet.missed_of(connection, draft)
        if places:
            place = places[number % len(places)]
            single_verdicts.unmark_missed(self.store, draft.id, login="ines", place=place)

    def _judge_step(self, call: str, number: int) -> None:
        step = ("opening", "identity-check", "hold-reason")[number % 3]
        self.said(call, f"step:{step}", (True, False, None)[number // 3 % 3])

    def _judge_check(self, call: str, number: int) -> None:
        self.said(call, "check:conduct.interruption", (True, False, None)[number % 3])

    def _reject_triggers(self, call: str, number: int) -> None:
        """All words of the customer that made a step due; it is due again where they stand."""
        draft = self.draft(call)
        with self.store.reading() as connection:
            hits = draft_sheet.report_of(connection, draft)["hits"]
        for hit in hits:
            if hit["kind"] == "trigger":
                self.said(call, hit["id"], (False, False, True, None)[number % 4])

    def _draw(self, _: str, number: int) -> None:
        since = datetime.now(UTC) - timedelta(days=9)
        drawing.draw(self.store, since=since, by="lena")

    def _claim(self, call: str, number: int) -> None:
        """As the queue does: a task is taken by POST and its page opened."""
        taken = self.inspector.post("/desk/queue/next")
        assert taken.status_code == 303
        where = taken.headers["location"]
        self.task = int(found[1]) if (found := re.search(r"tasks/(\d+)", where)) else 0
        page = self.inspector.follow(where)
        assert page.status_code == 200
        opened = re.search(r'"opened": "([^"]+)"', page.text)
        self.opened = opened[1] if opened else ""

    def _hand_back(self, call: str, number: int) -> None:
        if self.task:
            how = ("back", "leave")[number % 2]
            done = self.inspector.post(f"/desk/tasks/{self.task}/{how}", opened=self.opened)
            assert done.status_code in (200, 204, 303), done.status_code

    def _ask_by_post(self, call: str, number: int) -> None:
        asked = self.inspector.post(f"/desk/calls/{call}/review", why="坐席说录音里不是这样")
        assert asked.status_code in (303, 404, 409), asked.status_code

    def said(self, call: str, what: str, right: bool | None) -> None:
        draft = self.draft(call)
        single_verdicts.judge(self.store, draft.id, login="ines", hit_id=what, right=right)

    def _take_back(self, call: str, _: int) -> None:
        with self.store.reading() as connection:
            current = snapshots.current(connection, call)
        if current is not None and current.review and current.source != "workbook":
            withdrawing.withdraw(self.store, current.review, login="ines")

    def _submit(self, call: str, number: int) -> None:
        draft = self.draft(call)
        with self.store.reading() as connection:
            sheet, _ = draft_sheet.sheet_of(connection, draft)
        answers = {name: {"points": number % 4} for name in sheet.missing}
        kept = {**draft.answers.get("items", {}), **answers}
        done: dict[str, Any] = {"login": "ines", "revision": draft.revision, "comment": ""}
        submitting.submit(self.store, draft.id, answers=kept, **done)

    def _again(self, call: str, _: int) -> None:
        if self.numbers()[call] is not None:
            asking.ask(self.store, call, by="ines", why="坐席说录音里不是这样")

    def _appeal(self, call: str, _: int) -> None:
        with self.store.reading() as connection:
            current = snapshots.current(connection, call)
        if current is not None and current.review:
            told: dict[str, Any] = {"by": self.people["anna"], "reason": "请再听一遍录音"}
            within = timedelta(days=7)
            appeals.appeal(self.store, call, current.review, within=within, **told)

    def _opened(self, call: str) -> tuple[int, reviews.Review] | None:
        with self.store.reading() as connection:
            rows = [r for r in appeals.waiting(connection) if r.call_id == call]
        if not rows:
            return None
        return rows[0].id, appeals.open_answer(self.store, rows[0].id, self.people["lena"])

    def _open_answer(self, call: str, _: int) -> None:
        self._opened(call)

    def _trial_verdict(self, call: str, number: int) -> None:
        if found := self._opened(call):
            hit = self.hit(found[1], number)
            single_verdicts.judge(self.store, found[1].id, login="lena", hit_id=hit, right=False)

    def _reject(self, call: str, _: int) -> None:
        self._answer(call, accepted=False)

    def _accept(self, call: str, _: int) -> None:
        self._answer(call, accepted=True)

    def _answer(self, call: str, *, accepted: bool) -> None:
        if found := self._opened(call):
            lena = self.people["lena"]
            appeals.answer(self.store, found[0], by=lena, accepted=accepted, words="复听后决定")

    def _analyse_again(self, call: str, number: int) -> None:
        self.version = number % 3
        self.file(call)

    def _workbook(self, call: str, number: int) -> None:
        tables = self.exported()
        header, rows = tables["命中"].header, [list(row) for row in tables["命中"].rows]
        mine = [row for row in rows if row[0] == call]
        if not mine:
            return
        mine[number % len(mine)][-1] = "错" if number % 2 else "对"
        path = self.folder / "back.csv"
        out = io.StringIO(newline="")
        csv.writer(out).writerows([header, *mine])
        path.write_text(out.getvalue(), "utf-8-sig")
        with self.store.writing() as connection:
            take_verdicts(connection, path, by="tester")

    def _new_card(self, _: str, number: int) -> None:
        with self.store.reading() as connection:
            card = scorecards.current(connection)
        passing = 60.0 + number % 30
        changed = replace(card.card, pass_score=passing)
        scorecards.publish(self.store, changed, note="", by="lena", follows=card.version)

    def _purge(self, call: str, _: int) -> None:
        purge(self.store, before=datetime.now(UTC) + timedelta(days=1), who="lena")
        self.purged = set(CALLS)

    def exported(self) -> dict[str, Any]:
        every = BatchScope(true(), true(), true(), true())
        with self.store.reading() as connection:
            return {
                sheet.name: replace(sheet, rows=[list(row) for row in sheet.rows])
                for sheet in batch_sheets(connection, every)
            }

    def check(self) -> None:
        """Everything that shows a score says the same."""
        tables = self.exported()
        shown = {}
        head = tables["通话"].header
        for row in tables["通话"].rows:
            told = dict(zip(head, row, strict=True))
            shown[told["通话"]] = (told["得分"], told["违规点"])
        mine = self.agent.get("/desk/my?unit=quarter").text
        for call in CALLS:
            pages = [browser.get(f"/desk/calls/{call}") for browser in (self.agent, self.lead)]
            if call in self.purged:
                assert {page.status_code for page in pages} == {404}
                continue
            totals = {_total(page.text) for page in pages}
            listed = re.search(rf'calls/{call}">.*?points[^>]*>([^<]*)<', mine)
            assert listed is not None
            totals.add(f"{float(listed.group(1)):g}")
            totals.add(f"{shown[call][0]:g}")
            assert len(totals) == 1, (call, totals)
        self.check_search(shown)
        board = self.lead.get("/desk/boards.csv?view=agents&unit=quarter").content
        rows = list(csv.DictReader(io.StringIO(board.decode("utf-8-sig"))))
        if shown:
            mean = round(sum(score for score, _ in shown.values()) / len(shown), 1)
            assert abs(float(rows[0]["平均分"]) - mean) < 0.06
            assert int(rows[0]["违规点"]) == sum(count for _, count in shown.values())
        place = tables["命中"].header.index("计为")
        times = sum(row[place] in ("违规点", "客户触发") for row in tables["命中"].rows)
        phrases = self.lead.get("/desk/boards.csv?view=phrases&unit=quarter").content
        counted = csv.DictReader(io.StringIO(phrases.decode("utf-8-sig")))
        assert sum(int(row["次数"]) for row in counted) == times
        self.check_steps(tables)

    def check_search(self, shown: dict[str, tuple[float, int]]) -> None:
        """What the desk lists and hands out."""
        listed = self.lead.get("/desk/search.csv?agent=anna").content.decode("utf-8-sig")
        found = {
            row["通话编号"]: (float(row["得分"]), int(row["违规点"]))
            for row in csv.DictReader(io.StringIO(listed))
        }
        assert found == shown

    def check_steps(self, tables: dict[str, Any]) -> None:
        """What was due and done, and which checks were broken."""
        due = [row for row in tables["流程"].rows if row[4] not in ("没听清", "待完成")]
        steps = self.board("steps")
        assert sum(int(row["应做"]) for row in steps) == len(due)
        for row in steps:
            states = [one[4] for one in due if one[2] == row["步骤"]]
            done = states.count("已完成") / len(states)
            assert abs(float(row["总体"]) - 100 * done) < 0.06, row
        broken = [row for row in tables["行为"].rows if row[4] == "超限"]
        assert sum(int(row["涉及通话"]) for row in self.board("conduct")) == len(broken)
        items = {
            call: sum(
                row[5]
                for row in tables["评分项"].rows
                if row[0] == call and row[5] not in ("不适用", "待人工打分")
            )
            for call in CALLS
        }
        for call, score in self.judged_scores(tables).items():
            possible = sum(
                row[4]
                for row in tables["评分项"].rows
                if row[0] == call and row[5] not in ("不适用", "待人工打分")
            )
            assert abs(score - 100 * items[call] / possible) < 0.06, call

    def judged_scores(self, tables: dict[str, Any]) -> dict[str, float]:
        """Of calls that people judged: the sample's machine makes its totals up."""
        head = tables["通话"].header
        rows = (dict(zip(head, row, strict=True)) for row in tables["通话"].rows)
        return {row["通话"]: row["得分"] for row in rows if row["评分来源"] != "机器"}

    def board(self, view: str) -> list[dict[str, str]]:
        content = self.lead.get(f"/desk/boards.csv?view={view}&unit=quarter").content
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _total(page: str) -> str:
    found = re.search(r'<output id="total">([^<]*)</output>', page)
    assert found, "the page shows no score"
    return f"{float(found.group(1)):g}"


def empty(store: Store) -> None:
    """Nothing in any table but the audit trail, which refuses to forget."""
    with store.writing() as connection:
        known = set(inspect(connection).get_table_names())
        for table in reversed(metadata.sorted_tables):
            if table.name in known and table.name != "audit":
                connection.execute(delete(table))


STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(CALLS), st.integers(0, 11)),
    min_size=4,
    max_size=12,
)


def lived(store: Store, folder: Path, town: Town, steps: list[tuple[str, str, int]]) -> None:
    empty(store)
    settle(store)
    life = Life(town, folder)
    life.check()
    for what, call, number in steps:
        if call in life.purged and what != "analyse again":
            continue
        life.act(what, call, number)
        life.check()


@given(steps=STEPS)
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_all_that_shows_a_score_agrees_whatever_happens(
    store: Store, tmp_path: Path, steps: list[tuple[str, str, int]]
) -> None:
    lived(store, tmp_path, Town(store, Settings(data_dir=tmp_path)), steps)


@pytest.mark.parametrize(
    "acts",
    [
        ("judge", "submit", "appeal", "open answer", "trial verdict", "reject"),
        ("judge", "submit", "appeal", "trial verdict", "accept", "analyse again", "new card"),
        ("workbook", "submit", "analyse again", "again", "judge", "submit", "workbook"),
        ("submit", "analyse again", "appeal", "trial verdict", "analyse again", "accept"),
        ("judge", "submit", "purge", "analyse again", "submit"),
        ("miss", "judge step", "judge check", "submit", "workbook", "analyse again"),
        ("miss", "submit", "again", "unmark", "judge step", "submit", "take back"),
        ("draw", "claim", "reject triggers", "judge", "hand back", "claim", "submit", "workbook"),
        ("reject triggers", "submit", "analyse again", "ask by post", "reject triggers", "submit"),
    ],
)
def test_the_orders_that_once_went_wrong(
    store: Store, tmp_path: Path, acts: tuple[str, ...]
) -> None:
    steps = [(what, "call-1", number + 1) for number, what in enumerate(acts)]
    lived(store, tmp_path, Town(store, Settings(data_dir=tmp_path)), steps)


def test_a_submitted_sheet_outlives_another_phrasebook(store: Store, tmp_path: Path) -> None:
    settle(store)
    life = Life(Town(store, Settings(data_dir=tmp_path)), tmp_path)
    life.act("submit", "call-1", 1)
    before = _total(life.lead.get("/desk/calls/call-1").text)

    life.act("analyse again", "call-1", 2)

    page = life.lead.get("/desk/calls/call-1").text
    assert _total(page) == before
    assert "有新的机器结果" in page
    assert re.search(r"<p>少了：\w+", page)
    life.act("again", "call-1", 0)
    life.act("submit", "call-1", 1)
    page = life.lead.get("/desk/calls/call-1").text
    assert "有新的机器结果" not in page
    assert "重新复核" in page
    with store.reading() as connection:
        first, second = snapshots.of_call(connection, "call-1")
    assert (second.source, second.previous, second.author) == ("again", first.id, "ines")
    assert second.reason
