"""The report as a terminal shows it: the score, what was said wrong, the steps, how it was said."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from qa_engine.events import Role, StepState
from qa_engine.meaning.answers import AnswerState
from qa_engine.report.adding_up import adding_up, conduct_points, in_words
from qa_engine.report.model import Report, ReportHit, ReportStep, ReportWarning
from qa_engine.report.moments import Moments
from qa_engine.report.page import (
    PageWords,
    by_rule,
    due_steps,
    findings,
    gauge,
    shown_checks,
    together,
)
from qa_engine.report.wording import clock, named, number, say
from qa_engine.rules.check import CheckState
from qa_engine.rules.counting import Conclusion, Effect, is_speaker_known

QUIET = {"inferred_roles"}
"""Told in the report's own pages; on a terminal it would stand over every call."""

LOUD = {"synthetic_model", "swapped", "duplicated", "no_agent"}

_STEP_LOOKS = {
    StepState.DONE: ("✓", "green"),
    StepState.LATE: ("△", "yellow"),
    StepState.MISSED: ("✕", "red"),
    StepState.PENDING: ("…", "dim"),
}
_VERDICT_LOOKS = {
    Conclusion.PASSED: "bold green",
    Conclusion.FAILED: "bold red",
    Conclusion.TO_REVIEW: "bold yellow",
}
_ANSWER_LOOKS = {
    AnswerState.WAITING: "dim",
    AnswerState.NOT_APPLICABLE: "dim",
    AnswerState.CANNOT_TELL: "yellow",
}
_SEVERITY_LOOKS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def summary(report: Report, *, language: str = "zh") -> RenderableType:
    """A summary for `rich.print`, at home from 80 columns on."""
    parts: list[RenderableType] = [
        _warning(warning, language) for warning in report.warnings if warning.code not in QUIET
    ]
    answered = (_answers,) if report.answers else ()
    for part in (_counts, _hits, _steps, *answered, _conduct, _sum):
        if parts:
            parts.append(Text())
        parts.append(part(report, language))
    return Panel(
        Group(*parts),
        title=_title(report, language),
        title_align="left",
        box=box.ROUNDED,
        padding=(0, 1),
    )


def _title(report: Report, language: str) -> Text:
    places = Moments.of(report)
    lines = say(language, "lines", n=places.lines)
    long = clock(report.call.duration_ms) if places.is_timed else lines
    return Text.assemble((report.call.file, "bold"), f"  {long}  ", _verdict(report, language))


def _verdict(report: Report, language: str) -> tuple[str, str]:
    """What the call came to in words, and their style."""
    score = report.score
    if score is None:
        reason = say(language, f"unjudgeable_{report.judgeable.reason}")
        return f"{say(language, 'not_judgeable')} · {reason}", "bold yellow"
    key = "fatal" if score.fatal else report.conclusion
    words = f"{number(score.total)}/{number(score.out_of)} {say(language, key)}"
    if score.to_give:
        words += f" · {say(language, 'provisional', n=number(score.to_give))}"
    return words, _VERDICT_LOOKS[report.conclusion]


def _warning(warning: ReportWarning, language: str) -> Text:
    message = warning.message_zh if language == "zh" else warning.message
    return Text(f"! {message}", style="bold yellow" if warning.code in LOUD else "yellow")


def _counts(report: Report, language: str) -> RenderableType:
    """The same three numbers as everywhere."""
    found = report.tally
    line = Text()
    for key, count, look in (
        ("count_breach", found.breaches, "red"),
        ("count_trigger", found.triggers, "magenta"),
        ("count_waiting", found.waiting, "yellow"),
    ):
        line.append(f"{say(language, key)} {count}  ", style=look if count else "dim")
    return line


def _sum(report: Report, language: str) -> RenderableType:
    if report.score is None:
        return Text(say(language, "no_score"), style="dim")
    line = Text(f"{say(language, 'sum_title')}  ", style="bold")
    for part in in_words(adding_up(report.score)):
        line.append("\n" if part.key == "sum_spared" else "").append(_spoken(part, language))
    return line


def _hits(report: Report, language: str) -> RenderableType:
    groups = together(findings(report))
    if not groups and report.score is None:
        return Text(say(language, "findings_unjudged"), style="dim")
    if not groups:
        return Text(f"✓ {say(language, 'findings_none')}", style="green")
    places = Moments.of(report)
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    when = "column_time" if places.is_timed else "column_line"
    table.add_column(say(language, when), no_wrap=True, style="dim")
    table.add_column(say(language, "column_source"), no_wrap=True)
    table.add_column(say(language, "column_said"), ratio=1, overflow="fold")
    table.add_column(say(language, "column_points"), justify="right", no_wrap=True)
    for group in groups:
        for nth, rule in enumerate(by_rule(group)):
            hit = rule[0].hit
            table.add_row(
                "" if nth else places.short(hit.begin_ms),
                Text(hit.source, style="dim"),
                _said([one.hit for one in rule], language, also=bool(nth)),
                _lost(sum(one.hit.points for one in rule)),
            )
    return table


def _said(hits: Sequence[ReportHit], language: str, *, also: bool) -> Text:
    """One rule in one utterance; where it was hit more than once, each that waits is marked.

    `also`: the same sentence broke another rule, under which this one stands.
    """
    hit = hits[0]
    look = "magenta" if hit.kind == "trigger" else _SEVERITY_LOOKS.get(hit.severity, "red")
    known = is_speaker_known(hit.role_confidence)
    who = say(language, hit.role if known else "somebody")
    lead = "└ " if also else f"{who} "
    role = Text(lead, style="cyan" if hit.role is Role.AGENT else "magenta")
    text = role.append(named(language, hit.rule, hit.title), style=look)
    waiting = f" {say(language, 'mark_waits')}"
    waits = [Text(waiting if one.needs_review else "", style="yellow") for one in hits]
    text.append_text(waits[0]).append(f"  “{hit.heard}”")
    for one, mark in zip(hits[1:], waits[1:], strict=True):
        text.append(f" “{one.heard}”").append_text(mark)
    if hit.effect is Effect.NOT_COUNTED and hit.effect_reason:
        text.append(f"  {say(language, f'effect_{hit.effect_reason}')}", style="dim")
    if hit.suggest:
        text.append(" → ", style="dim").append(hit.suggest[0], style="green")
    return text


def _steps(report: Report, language: str) -> RenderableType:
    due = due_steps(report)
    done = sum(step.state is StepState.DONE for step in due)
    line = Text(f"{say(language, 'steps')} {done}/{len(due)}  ", style="bold")
    for step in due:
        line.append_text(_step(step, language, judged=report.score is not None)).append("  ")
    return line


def _step(step: ReportStep, language: str, *, judged: bool) -> Text:
    """What is missing from a call that cannot be judged was perhaps only not heard."""
    sign, look = _STEP_LOOKS.get(step.state, ("", ""))
    title, why = named(language, step.id, step.title), ""
    if not judged and step.state in (StepState.MISSED, StepState.LATE):
        why = "mark_not_judged"
    elif step.unheard:
        why = "mark_unheard"
    if why:
        sign, look, title = "?", "yellow", f"{title}({say(language, why)})"
    text = Text(f"{sign}{title}".replace(" ", "\N{NO-BREAK SPACE}"), style=look)
    if step.points:
        text.append(f"−{number(step.points)}", style="red")
    return text


def _answers(report: Report, language: str) -> RenderableType:
    """Every question with its answer and the words that show it."""
    by_id = {utterance.id: utterance.text for utterance in report.utterances}
    text = Text(say(language, "questions"), style="bold")
    for answer in report.answers:
        look = _ANSWER_LOOKS.get(answer.state, "red" if answer.wrong else "green")
        text.append(f"\n{say(language, f'answer_{answer.state}')} ", style=look)
        text.append(answer.title, style="not bold")
        if answer.why:
            text.append(f" {say(language, f'untold_{answer.why}')}", style="not bold dim")
        for part in answer.quotes:
            words = by_id[part.utterance][part.begin_char : part.end_char]
            text.append(f" “{words}”", style="not bold")
        if answer.reason:
            text.append(f" {answer.reason}", style="not bold dim")
    return text


def _conduct(report: Report, language: str) -> RenderableType:
    line = Text(f"{say(language, 'conduct')}  ", style="bold")
    points = conduct_points(report.score)
    for check in shown_checks(report):
        shown = gauge(check)
        if check.state is CheckState.NOT_APPLICABLE or shown.value is None:
            continue
        broken = check.state is CheckState.BREACH
        words = f"{say(language, check.id)} {_spoken(shown.value, language)}"
        line.append(words, style="red" if broken else "")
        line.append_text(_lost(points.get(check.id, 0.0))).append("  ")
    return line


def _spoken(words: PageWords, language: str) -> str:
    return say(language, words.key, **words.values)


def _lost(points: float) -> Text:
    return Text(f"−{number(points)}" if points else "", style="red")
