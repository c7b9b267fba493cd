"""Terminal, report, workbook, summary and every page of the desk count the same findings alike."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import true

from api.batch.scope import BatchScope
from api.batch.sheets import sheets
from api.batch.sheets.summary import figures as summary_figures
from api.batch.summary_page import render_summary
from api.desk.desk import prepare_desk
from api.review.judging import draft_sheet, reviews, single_verdicts, submitting
from api.review.sampling import drawing
from api.settings import Settings
from api.store import CallFiling, Store
from api.store.agents import introduce
from qa_engine.report import Report
from qa_engine.report.html import render_html
from qa_engine.report.table import summary
from qa_engine.rules.counting import Effect, Reason
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable
from tests.api.desk.conftest import Town, settle
from tests.api.desk.test_one_truth import empty
from tests.api.review.calls import report as sample
from tests.qa_engine.report.sample_pack import pack

Counts = tuple[int, int, int]
"""违规点, 客户触发, 待复核点."""
NAMES = ("违规点", "客户触发", "待复核点")
EVERY = BatchScope(true(), true(), true(), true())

EFFECTS = st.lists(
    st.sampled_from([None, Effect.WAITING, Effect.NOT_COUNTED]), min_size=6, max_size=6
)


def mixed(number: int, effects: list[Effect | None]) -> Report:
    """The sample call; each effect takes a finding down from what it did."""
    made = sample(number)
    hits = tuple(
        hit if effect is None or hit.effect is Effect.NOT_COUNTED else downgraded(hit, effect)
        for hit, effect in zip(made.hits, effects, strict=True)
    )
    return replace(made, hits=hits)


def downgraded(hit: Any, effect: Effect) -> Any:
    waits = effect is Effect.WAITING
    reason = Reason.DOUBTFUL if waits else Reason.UNKNOWN_SPEAKER
    return replace(hit, effect=effect, effect_reason=reason, needs_review=waits, points=0.0)


def not_judgeable(number: int) -> Report:
    made = mixed(number, [Effect.NOT_COUNTED] * 6)
    return replace(
        made,
        judgeable=unjudgeable(Unjudgeable.ONE_PARTY),
        score=None,
        hits=tuple(replace(hit, effect_reason=Reason.NOT_JUDGEABLE) for hit in made.hits),
    )


def by_hand(report: Report) -> Counts:
    kinds = [
        "waiting" if hit.effect is Effect.WAITING else hit.kind
        for hit in report.hits
        if hit.effect is not Effect.NOT_COUNTED
    ]
    return kinds.count("forbidden"), kinds.count("trigger"), kinds.count("waiting")


def terminal(report: Report) -> Counts:
    out = io.StringIO()
    Console(file=out, width=120, color_system=None).print(summary(report))
    return numbered(out.getvalue(), "{name} (\\d+)")


def page(report: Report) -> Counts:
    return numbered(render_html(report), "{name}</span></dt><dd>(\\d+)")


def numbered(text: str, pattern: str) -> Counts:
    found = [re.search(pattern.format(name=name), text) for name in NAMES]
    assert all(found), text
    first, second, third = (int(one.group(1)) for one in found if one)
    return first, second, third


def of(row: Mapping[str, Any]) -> Counts:
    first, second, third = (int(row[name]) for name in NAMES)
    return first, second, third


class Sights:
    """What every surface says of the calls of a store."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.lead, self.inspector = town.browser("lena"), town.browser("ian")
        self.agent = town.browser("anna")

    def check(self, expected: dict[str, Counts]) -> None:
        whole: Counts = tuple(map(sum, zip(*expected.values(), strict=True)))  # type: ignore[assignment]
        tables = self.workbook()
        assert {row["通话"]: of(row) for row in tables["通话"]} == expected
        assert of({row["指标"]: row["值"] for row in tables["汇总"]}) == whole
        assert of(tables["坐席"][0]) == whole
        counted = [row["计为"] for row in tables["命中"]]
        assert tuple(counted.count(name) for name in NAMES) == whole
        with self.town.store.reading() as connection:
            assert (
                numbered(render_summary(connection, EVERY, pages=None), "{name}</dt><dd>(\\d+)")
                == whole
            )
            figures = dict(summary_figures(connection, EVERY))
        waiting = sum(counts[2] > 0 for counts in expected.values())
        assert figures["有待复核点的通话数"] == waiting
        assert self.found() == expected
        for call, counts in expected.items():
            for browser in (self.lead, self.agent):
                assert self.call(browser, call) == counts
            assert self.mine(call) == (counts[0], counts[2])
        [board] = self.board("agents")
        assert (int(board["违规点"]), int(board["待复核点"])) == (whole[0], whole[2])
        phrases = self.board("phrases")
        assert sum(int(row["次数"]) for row in phrases) == whole[0] + whole[1]
        assert sum(int(row["待复核点"]) for row in phrases) == whole[2]

    def workbook(self) -> dict[str, list[dict[str, Any]]]:
        with self.town.store.reading() as connection:
            return {
                sheet.name: [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
                for sheet in sheets(connection, EVERY)
            }

    def found(self) -> dict[str, Counts]:
        listed = self.lead.get("/desk/search.csv?agent=anna").content.decode("utf-8-sig")
        return {row["通话编号"]: of(row) for row in csv.DictReader(io.StringIO(listed))}

    def call(self, browser: Any, call: str) -> Counts:
        text = browser.get(f"/desk/calls/{call}").text
        return tuple(  # type: ignore[return-value]
            int(re.search(rf'data-count="{key}">(\d+)', text).group(1))
            for key in ("breach", "trigger", "waiting")
        )

    def mine(self, call: str) -> tuple[int, int]:
        text = self.agent.get("/desk/my?unit=quarter").text
        line = re.search(rf"calls/{call}\">.*?违规点 (\d+)(?: · 待复核点 (\d+))?<", text)
        assert line is not None
        return int(line.group(1)), int(line.group(2) or 0)

    def board(self, view: str) -> list[dict[str, str]]:
        answer = self.lead.get(f"/desk/boards.csv?view={view}&unit=quarter")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def queue(self) -> list[Counts]:
        text = self.inspector.get("/desk/queue").text
        rows = re.findall(r'<tr class="[^"]*">(.*?)</tr>', text, re.DOTALL)
        cells = [re.findall(r'<td class="n">(\d*)</td>', row) for row in rows]
        return sorted((int(a), int(b or 0), int(c or 0)) for a, b, c in cells)


def file(store: Store, *reports: Report) -> None:
    for number, report in enumerate(reports):
        at = datetime.now(UTC) - timedelta(hours=1, minutes=number)
        filing = CallFiling(agent="anna", team="early", started_at=at)
        store.save(report, filing, book=pack())


@given(
    effects=st.lists(EFFECTS, min_size=2, max_size=3), judged=st.lists(st.booleans(), max_size=6)
)
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_surface_counts_a_batch_of_mixed_calls_alike(
    store: Store, tmp_path: Any, effects: list[list[Effect | None]], judged: list[bool]
) -> None:
    empty(store)
    settle(store)
    town = Town(store, Settings(data_dir=tmp_path))
    prepare_desk(store, town.settings)
    reports = [mixed(n, mix) for n, mix in enumerate(effects, 1)] + [not_judgeable(9)]
    file(store, *reports)
    expected = {report.call.id: by_hand(report) for report in reports}
    for report in reports:
        assert terminal(report) == page(report) == expected[report.call.id]
    sights = Sights(town)
    sights.check(expected)

    expected["call-1"] = judge(store, "call-1", judged)

    sights.check(expected)


def judge(store: Store, call: str, judged: list[bool]) -> Counts:
    """A review handed in; what its draft's page told last."""
    draft = reviews.begin(store, call, purpose="sample", login="ines")
    with store.reading() as connection:
        hits = draft_sheet.report_of(connection, draft)["hits"]
    for hit, right in zip(hits, judged, strict=False):
        draft = single_verdicts.judge(store, draft.id, login="ines", hit_id=hit["id"], right=right)
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, draft)
        told = draft_sheet.tally_of(connection, draft)
    for fatal in sheet.waiting:
        draft = single_verdicts.judge(store, draft.id, login="ines", hit_id=fatal, right=False)
    answers = {name: {"points": 1} for name in sheet.missing}
    done: dict[str, Any] = {"login": "ines", "revision": draft.revision, "comment": ""}
    submitting.submit(store, draft.id, answers=answers, **done)
    return told.breaches, told.triggers, told.waiting


def test_the_queue_counts_as_the_call_does(town: Town) -> None:
    prepare_desk(town.store, town.settings)
    doubtful = mixed(2, [Effect.WAITING, None, None, Effect.WAITING, None, None])
    file(town.store, sample(1), doubtful)
    drawing.draw(town.store, since=datetime.now(UTC) - timedelta(days=9), by="lena")

    told = Sights(town).queue()

    assert told
    assert set(told) <= {by_hand(sample(1)), by_hand(doubtful)}


def test_a_rule_counts_once_in_an_utterance() -> None:
    same = [(hit.rule, hit.utterance) for hit in sample(1).hits if hit.effect is Effect.COUNTED]
    assert len(same) == len(set(same))
    assert len(sample(1).hits) > len(same)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_count_has_one_word_in_every_catalogue(language: str) -> None:
    from api.desk.pages import catalogue
    from qa_engine.report.wording import catalogue as report_words
    from qa_engine.rules.tally import CountedAs

    for count in filter(None, CountedAs):
        for name in ("case", "queue", "boards", "search", "my"):
            key = f"count_{count}"
            assert catalogue(name, language)[key] == report_words(language)[key]


def test_the_overview_names_the_agents_beside_their_numbers(store: Store) -> None:
    with store.writing() as connection:
        introduce(connection, "8001", name="王芳")
    store.save(sample(1), CallFiling(agent="8001", team="early"), book=pack())

    with store.reading() as connection:
        page = render_summary(connection, EVERY, pages=None)

    assert page.count("<td>王芳（8001）</td>") == 2
    assert ">8001<" not in page
