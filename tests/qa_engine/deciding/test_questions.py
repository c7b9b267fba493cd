"""Who only asks says nothing of anybody: words that are a breach elsewhere cost nothing there."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.transcripts.analyzer import TranscriptAnalyzer
from qa_engine.rules.counting import Effect


@pytest.fixture(scope="module")
def analyzer() -> TranscriptAnalyzer:
    return TranscriptAnalyzer()


@pytest.mark.parametrize(
    "asked",
    [
        "那您重启了没有？",
        "卡您带了没？",
        "合同您仔细看过了吗？",
        "您按说明书操作了吗？",
        "这个您自己查过没有？",
    ],
)
def test_a_plain_question_is_charged_for_nothing(
    analyzer: TranscriptAnalyzer, asked: str, tmp_path: Path
) -> None:
    said = f"坐席：您好，请问有什么可以帮您？\n客户：我家网断了。\n坐席：{asked}\n客户：没用。\n"
    call = tmp_path / "call.txt"
    call.write_text(said, "utf-8")

    report = analyzer.analyze(call)
    assert [hit.title for hit in report.hits if hit.effect is Effect.COUNTED] == []
