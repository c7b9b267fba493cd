"""A dialogue as text is judged like a call, as far as text goes."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api.analyzer import Analyzer
from api.cli.app import app
from api.transcripts import TranscriptError
from api.transcripts.analyzer import TranscriptAnalyzer
from qa_engine.events import Role
from qa_engine.report import Report
from qa_engine.rules.check import CheckState

DEMOS = Path("api/demo")

CALL = """坐席：您好，感谢致电蓝天公司，我是客服8001，很高兴为您服务，请问有什么可以帮您
客户：我那个订单怎么还没到
坐席：这个我也不知道，您自己看吧
坐席：感谢您的来电，祝您生活愉快，再见
"""


@pytest.fixture(scope="module")
def analyzer() -> TranscriptAnalyzer:
    return TranscriptAnalyzer()


def judged(analyzer: TranscriptAnalyzer, folder: Path, name: str, text: str) -> Report:
    (folder / name).write_text(text, "utf-8")
    return analyzer.analyze(folder / name)


def states(report: Report) -> dict[str, CheckState]:
    return {check.id: check.state for check in report.conduct.checks}


def test_words_alone_give_hits_and_steps(analyzer: TranscriptAnalyzer, tmp_path: Path) -> None:
    report = judged(analyzer, tmp_path, "a.txt", CALL)

    assert {hit.rule for hit in report.hits} >= {"dont-know", "shirk-self-serve"}
    assert {step.id: step.state for step in report.steps}["opening"] == "done"


def test_what_needs_sound_is_not_applicable_in_text(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    report = judged(analyzer, tmp_path, "a.txt", CALL)

    known = {name for name, state in states(report).items() if state != CheckState.NOT_APPLICABLE}
    assert known == {"conduct.overload", "conduct.repeat"}
    assert "estimated_times" in {warning.code for warning in report.warnings}


def test_speakers_without_a_name_are_told_by_what_an_agent_says(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    plain = CALL.replace("坐席", "甲").replace("客户", "乙")

    report = judged(analyzer, tmp_path, "a.txt", plain)

    assert [u.role for u in report.utterances[:2]] == [Role.AGENT, Role.CUSTOMER]
    assert all(channel.inferred for channel in report.call.channels)


def test_speakers_nobody_can_tell_apart_are_refused(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    with pytest.raises(TranscriptError, match="--roles"):
        judged(analyzer, tmp_path, "a.txt", "甲：喂\n乙：你好\n丙：在吗\n")


def test_roles_asked_for_go_by_the_order_of_channels(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    rows = [{"channel": 1, "text": "喂"}, {"channel": 0, "text": "在"}]
    (tmp_path / "a.json").write_text(json.dumps(rows), "utf-8")

    report = analyzer.analyze(tmp_path / "a.json", roles=(Role.AGENT,))

    assert [u.role for u in report.utterances] == [Role.CUSTOMER, Role.AGENT]


def test_a_chat_is_held_to_its_response_time(analyzer: TranscriptAnalyzer, tmp_path: Path) -> None:
    chat = (
        "发送时间,发送者,消息内容\n2026-03-01 09:05:10,客户,在吗\n"
        "2026-03-01 09:05:20,客户,有人吗\n2026-03-01 09:07:40,客服01,您好，请问有什么可以帮您\n"
    )

    report = judged(analyzer, tmp_path, "chat.csv", chat)

    (waited,) = [check for check in report.conduct.checks if check.id == "conduct.response"]
    assert (waited.state, waited.value) == (CheckState.BREACH, 150_000)


def test_sound_beside_a_transcript_gives_levels_and_the_call_s_length(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    rows = [{"role": "agent", "text": "您好请讲", "begin_ms": 200, "end_ms": 1_200}]
    tone = (np.sin(np.arange(16_000 * 5) / 10) * 3_276).astype("<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(tone.tobytes())
    (tmp_path / "a.json").write_text(json.dumps(rows), "utf-8")

    report = analyzer.analyze(tmp_path / "a.json")

    (volume,) = [check for check in report.conduct.checks if check.id == "conduct.volume"]
    assert volume.value == pytest.approx(-23.0, abs=0.2)
    assert report.call.duration_ms == 5_000


@pytest.mark.model
def test_the_words_of_a_recording_as_text_give_its_hits_and_steps(
    analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    heard = Analyzer().analyze(DEMOS / "forbidden.flac")
    (tmp_path / "a.json").write_text(heard.to_json(), "utf-8")

    read = analyzer.analyze(tmp_path / "a.json")

    assert [(hit.rule, hit.heard, hit.begin_ms) for hit in read.hits] == [
        (hit.rule, hit.heard, hit.begin_ms) for hit in heard.hits
    ]
    assert [(s.id, s.state) for s in read.steps] == [(s.id, s.state) for s in heard.steps]


def test_the_command_takes_a_transcript_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CALL, "utf-8")

    done = CliRunner().invoke(app, ["analyze", str(tmp_path / "a.txt"), "--json", "-"])

    assert done.exit_code == 0
    assert "dont-know" in {hit["rule"] for hit in json.loads(done.stdout)["hits"]}


def test_a_batch_of_transcripts_is_filed_like_one_of_recordings(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text(CALL, "utf-8")
    (tmp_path / "in" / "deep" / "b.srt").write_text(
        "1\n00:00:01,000 --> 00:00:02,500\n坐席：我不知道\n", "utf-8"
    )
    (tmp_path / "in" / "bad.json").write_text("{", "utf-8")
    order = ["batch", str(tmp_path / "in"), "--transcript", "--out", str(tmp_path / "out")]

    done = CliRunner().invoke(app, [*order, "--workers", "1"])
    again = CliRunner().invoke(app, [*order, "--workers", "1"])

    assert done.exit_code == 1
    assert "2 analysed" in done.output
    assert "bad.json" in done.output
    assert len(list((tmp_path / "out" / "calls").glob("*.html"))) == 2
    assert "2 done before" in again.output


def test_a_report_made_with_another_judge_of_sentences_is_out_of_date(
    analyzer: TranscriptAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = analyzer.judge
    monkeypatch.setenv("QA_ENGINE_JUDGE", "off")

    assert analyzer.judge != before
