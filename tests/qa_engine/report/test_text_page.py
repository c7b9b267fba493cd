"""A report of text without times: lines in place of seconds, and no sound that nobody has."""

from __future__ import annotations

import re
from pathlib import Path

from api.transcripts.source import text_warnings
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role
from qa_engine.matching.matcher import Matcher
from qa_engine.report import Report, compose
from qa_engine.report.html import render_html
from qa_engine.report.model import CallFacts
from qa_engine.report.moments import Moments
from qa_engine.text_call import judge_dialogue
from tests.qa_engine.report.sample import CALL, Recogniser, sample_report, sound, write_wav
from tests.qa_engine.report.sample_pack import pack
from tests.qa_engine.report.test_table import shown


def text_report() -> Report:
    """The sample as somebody typed it."""
    lines = tuple(SpokenLine(text=text, speaker=role.value) for role, _, _, text in CALL if text)
    result = judge_dialogue(
        Dialogue(lines=lines, shape="text", basis=Basis.WORDS),
        {role.value: role for role in (Role.AGENT, Role.CUSTOMER)},
        phrasebook=pack(),
        matcher=Matcher(pack()),
    )
    told = text_warnings(Basis.WORDS)
    last_ms = max(line.end_ms for line in result.utterances)
    call = CallFacts(id="text", file="call.txt", duration_ms=last_ms)
    return compose(
        result, phrasebook=pack(), recogniser=Recogniser(synthetic=False), call=call, warnings=told
    )


TEXT = text_report()
CLOCK = re.compile(r"\b\d?\d:\d\d\b")


def body(page: str) -> str:
    """What a reader sees of the call: neither style nor script nor what the limits are."""
    page = re.sub(r'<p class="gauge-note">.*?</p>', "", page)
    return re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_the_page_has_no_player_no_waveform_and_no_second() -> None:
    page = body(render_html(TEXT))

    for absent in ('id="player"', 'id="wave"', "data-play-", 'class="time" data-play', "<audio"):
        assert absent not in page
    assert CLOCK.findall(re.sub(r"<[^>]*>", "", page)) == []


def test_no_sound_is_laid_under_times_that_are_estimated(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "call.wav", sound())

    assert "<audio" in render_html(sample_report(), recording=recording)
    assert "<audio" not in render_html(TEXT, recording=recording)


def test_each_finding_names_the_line_that_the_transcript_numbers() -> None:
    page = render_html(TEXT)
    places = Moments.of(TEXT)

    for hit in TEXT.hits:
        line = places.line(hit.begin_ms)
        said = next(one for one in TEXT.utterances if one.id == hit.utterance)
        assert TEXT.utterances[line - 1] == said
        assert f'href="#line-{line}"' in page
        assert f'id="line-{line}"' in page


def test_the_terminal_names_lines_too() -> None:
    told = shown(TEXT)

    assert "共 18 句" in told.splitlines()[0]
    assert CLOCK.findall(told) == []
    assert re.search(r"^│ 6 +S1.1 坐席 推说不知道", told, re.MULTILINE)


def test_a_call_with_times_keeps_its_seconds() -> None:
    assert "第 6 句" not in body(render_html(sample_report()))
    assert "00:22" in shown(sample_report())
