from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qa_engine.events import StepState
from qa_engine.report import Report, ReportWarning, compose
from qa_engine.report.model import CallFacts, ChannelRole
from tests.qa_engine.report.sample import AGENT, CALL, CUSTOMER, Recogniser, analysed
from tests.qa_engine.report.sample import sample_report as sample
from tests.qa_engine.report.sample_pack import pack


def codes(report: Report) -> list[str]:
    return [warning.code for warning in report.warnings]


def composed(
    call: tuple[tuple[object, float, float, str], ...] = CALL,
    *,
    synthetic: bool = False,
    inferred: bool = False,
    warnings: tuple[ReportWarning, ...] = (),
) -> Report:
    from tests.qa_engine.report.sample import utterances

    return compose(
        analysed(utterances(call)),  # type: ignore[arg-type]
        phrasebook=pack(),
        recogniser=Recogniser(synthetic=synthetic),
        call=CallFacts(
            id="1",
            file="call.wav",
            duration_ms=104_000,
            channels=(ChannelRole(channel=0, role=AGENT, inferred=inferred),),
        ),
        warnings=warnings,
    )


def test_a_hit_carries_its_quote_its_reason_its_source_and_its_price() -> None:
    hit = sample().hits[0]
    assert (hit.rule, hit.source, hit.title) == ("s1-1-dont-know", "S1.1", "推说不知道")
    assert hit.quote[hit.begin_char : hit.end_char] == hit.heard
    assert hit.suggest == ("让我帮您查询一下相关信息",)
    assert hit.why
    assert hit.points == 10
    assert not hit.needs_review


def test_a_missed_step_carries_the_sentence_that_was_due() -> None:
    steps = {step.id: step for step in sample().steps}
    identity = steps["identity-check"]
    assert (identity.state, identity.points) == (StepState.MISSED, 4)
    assert identity.prompt.startswith("为了保障您的账户安全")
    assert steps["transfer-reason"].state is StepState.NOT_APPLICABLE


def test_versions_make_a_score_reproducible() -> None:
    versions = sample().versions
    assert versions.model == "nano_zh 3f9c2ab1"
    assert versions.phrasebook == "sample 1"
    assert versions.audio == "9f2c" * 16
    assert versions.engine


def test_a_synthetic_model_says_so_and_a_real_one_does_not() -> None:
    assert codes(composed(synthetic=True)) == ["synthetic_model"]
    assert codes(composed()) == []


def test_inferred_roles_say_so_unless_the_channels_already_did() -> None:
    mono = ReportWarning(code="mono", message="one channel", message_zh="单声道")
    assert codes(composed(inferred=True)) == ["inferred_roles"]
    assert codes(composed(inferred=True, warnings=(mono,))) == ["mono"]


def test_much_that_was_not_understood_says_so() -> None:
    babble = tuple((role, begin, end, "") for role, begin, end, _ in CALL[:6])
    assert codes(composed((*babble, *CALL[6:9]))) == ["unintelligible"]


def test_a_call_without_an_agent_says_so() -> None:
    customer = tuple(spoken for spoken in CALL if spoken[0] is CUSTOMER and spoken[3])
    assert codes(composed(customer)) == ["no_agent"]


def test_json_holds_what_the_report_promises() -> None:
    report = json.loads(sample().to_json())
    assert set(report) == {
        "schema_version", "call", "utterances", "hits", "held_back", "steps", "conduct", "judgeable",
        "conclusion", "score", "versions", "anatomy", "answers", "prosody",
        "warnings", "accounting",
    }  # fmt: skip
    promised = {
        "utterances": "id role begin_ms end_ms text confidence",
        "hits": "rule source phrase role utterance begin_ms end_ms heard quote tier score why "
        "suggest severity",
        "steps": "id source state at_ms deadline_ms",
    }
    for part, names in promised.items():
        assert set(names.split()) <= set(report[part][0])
    assert {"total", "passed", "items"} <= set(report["score"])
    assert {"engine", "phrasebook", "model", "audio"} <= set(report["versions"])


def test_json_keeps_chinese_readable_and_may_be_one_line() -> None:
    line = sample().to_json()
    assert "让我帮您查询一下相关信息" in line
    assert "\n" not in line
    assert sample().to_json(indent=2).count("\n") > 100


def test_equal_calls_make_equal_reports() -> None:
    assert sample() == sample()
    assert sample().to_json() == sample().to_json()


@pytest.mark.parametrize("name", ["a.wav", "录音 1.mp3"])
def test_the_file_s_name_is_kept(name: str) -> None:
    report = sample(file=name)
    assert json.loads(replace(report).to_json())["call"]["file"] == name
