"""The drawings of how each voice went, and the page that shows them."""

from __future__ import annotations

import re
from dataclasses import replace

from qa_engine.prosody.contour import STEP_MS, Contour
from qa_engine.report.curves import WIDTH, curves
from qa_engine.report.html import render_html
from tests.qa_engine.report.sample import AGENT, sample_report, utterances


def sounding(spoken: list[object] | None = None) -> list:  # type: ignore[type-arg]
    """The sample call with its sound: the customer is upset from 0:24 on."""
    found = []
    for said in utterances():
        loud = said.role is not AGENT and 24_000 <= said.begin_ms < 44_000
        points = (said.end_ms - said.begin_ms) // STEP_MS
        hz = (210 if said.role is AGENT else 130) * (1.33 if loud else 1.0)
        pitch = tuple(round(hz * (1.1 if n % 3 else 0.95)) for n in range(points))
        level = (-17 if loud else -25,) * points
        found.append(replace(said, contour=Contour(pitch_hz=pitch, level_dbfs=level)))
    return found


REPORT = sample_report(sounding())


def test_every_voice_has_its_curves_and_the_tense_stretch_lies_where_it_was() -> None:
    agent, customer = curves(REPORT.to_dict())
    assert [line.kind for line in agent.lines] == ["pitch", "level", "rate"]
    assert agent.tense == ()
    (stretch,) = customer.tense
    assert 20 < stretch["left"] < 26
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", customer.lines[0].path)]
    assert xs == sorted(xs)
    assert 0 <= xs[0] <= xs[-1] <= WIDTH


def test_a_report_of_text_or_of_an_older_version_has_no_curves() -> None:
    assert curves(sample_report().to_dict()) == []
    older = sample_report().to_dict()
    del older["prosody"]
    assert curves(older) == []


def test_the_page_shows_the_curves_in_both_languages_and_plays_a_tense_stretch() -> None:
    for language, word in (("zh", "音高升高"), ("en", "pitch up")):
        page = render_html(REPORT, language=language)
        assert page.count('class="curve role-') == 6
        assert word in page
        assert re.search(r'class="tense"[^>]*data-play="\d+"', page)
    assert 'id="prosody"' not in render_html(sample_report())


def test_an_angry_customer_is_named_with_the_words_that_were_said() -> None:
    page = render_html(REPORT)
    assert [mood.kind for mood in REPORT.prosody.moods] == ["angry"]
    assert "客户情绪升温" in page


def test_no_line_is_drawn_over_a_pause() -> None:
    agent, _ = curves(REPORT.to_dict())
    spoken = [(said.begin_ms, said.end_ms) for said in utterances() if said.role is AGENT]
    whole = REPORT.call.duration_ms
    for line in agent.lines:
        for piece in line.path.split("M")[1:]:
            ms = [float(x) / WIDTH * whole for x in re.findall(r"([\d.]+) [\d.]+", piece)]
            assert any(begin - 500 <= ms[0] and ms[-1] <= end + 900 for begin, end in spoken)
