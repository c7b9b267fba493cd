"""One self-contained page: no request leaves it, and nothing a caller said can run in it.

Text reaches the page through an escaping template only. The Content-Security-Policy names the
page's own script and style by hash and allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.report import page
from qa_engine.report.adding_up import adding_up, conduct_points, in_rows
from qa_engine.report.curves import curves, told_moods
from qa_engine.report.model import Report
from qa_engine.report.moments import Moments
from qa_engine.report.sureness import is_measured
from qa_engine.report.wave import draw, mark
from qa_engine.report.wording import LANGUAGES, catalogue, clock, english_name, number, say
from qa_engine.rules.counting import is_speaker_known

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from qa_engine.audio.peaks import Peaks


def render_html(
    report: Report,
    *,
    recording: Path | None = None,
    how: Reading = AS_IT_IS,
    peaks: Peaks | None = None,
    language: str = "zh",
) -> str:
    """The page of one call; `recording` (read as `how` says) is embedded, `peaks` draw a page
    without it.

    `language` is the one shown first; a button switches. A text without times has lines in place
    of a clock, and no player: its seconds would be invented. Raises `AudioError` when the recording
    cannot be read, ValueError for a language without a catalogue.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no catalogue for {language!r}; expected one of {', '.join(LANGUAGES)}")
    places = Moments.of(report)
    sound = None
    if recording is not None and places.is_timed:
        from qa_engine.report.sound import embed

        sound, heard = embed(recording, duration_ms=report.call.duration_ms, how=how)
        peaks = peaks if peaks is not None else heard
    found = page.findings(report)
    plain = report.to_dict()
    return _template(language).render(
        report=report,
        places=places,
        id_of={hit.id: hit.rule for hit in report.hits},
        language=language,
        sound=sound,
        wave=draw(report, peaks),
        findings=found,
        tally=report.tally,
        cards=[(page.by_rule(group), list(page.quote(group))) for group in page.together(found)],
        rows=page.rows(report, found),
        said={utterance.id: utterance for utterance in report.utterances},
        steps=page.due_steps(report),
        gauges=[page.gauge(check) for check in page.shown_checks(report)],
        conduct_points=conduct_points(report.score),
        added_up=in_rows(adding_up(report.score)) if report.score else [],
        voices=curves(plain),
        moods=told_moods(plain),
        groups=page.groups(report),
        losses=page.losses(report),
        policy=_policy(),
        catalogues=_inert({name: catalogue(name) for name in LANGUAGES}),
    )


@cache
def _template(language: str) -> Template:
    environment = _environment()
    environment.globals |= {
        "t": lambda key, **values: _words(language, key, values),
        "label": lambda attribute, key: _label(language, attribute, key),
        "style": _inline(_style()),
        "script": _inline(_text("report.js")),
        "clock": clock,
        "number": number,
        "mark": mark,
        "english_name": english_name,
        "by_rule": page.by_rule,
        "is_measured": is_measured,
        "known": lambda said: is_speaker_known(said.role_confidence),
    }
    return environment.from_string(_text("report.html.j2"))


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _words(language: str, key: str, values: Mapping[str, object]) -> Markup:
    """Words that change with the language: a span that remembers its key and its values."""
    from markupsafe import Markup

    if not values:
        return _fixed_words(language, key)
    kept = {name: str(value) for name, value in values.items()}
    text = say(language, key, **kept)
    return Markup('<span data-t="{}" data-v="{}">{}</span>').format(key, json.dumps(kept), text)


@cache
def _fixed_words(language: str, key: str) -> Markup:
    from markupsafe import Markup

    return Markup('<span data-t="{}">{}</span>').format(key, say(language, key))


@cache
def _label(language: str, attribute: str, key: str) -> Markup:
    from markupsafe import Markup

    return Markup('{0}="{1}" data-t-{0}="{2}"').format(attribute, say(language, key), key)


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _style() -> str:
    """What the page shares with the desk, and behind it what only it has."""
    return _text("call_view.css") + _text("report.css")


def _inline(text: str) -> Markup:
    """Our own style or script, which is the only text that is not escaped."""
    from markupsafe import Markup

    return Markup(text)


def _inert(value: object) -> Markup:
    """JSON for a `<script type="application/json">`: no `<` that could end the element."""
    from markupsafe import Markup

    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))


@cache
def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(_text('report.js'))}'",
            f"style-src '{_hash(_style())}'",
            "media-src data:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
