"""What the page shows, worked out before any HTML: rows of the transcript, gauges, the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa_engine.events import StepState
from qa_engine.report.model import Report, ReportHit, ReportStep, ReportUtterance
from qa_engine.report.wording import clock, number
from qa_engine.rules.check import Check
from qa_engine.rules.counting import Effect
from qa_engine.rules.score import Deduction, ItemScore

UNSURE_BELOW = 0.4
"""Words less sure than this are dotted: the reader should listen."""

SHOWN_GAP_MS = 6_000

LEAST_REPEATED = 2
"""From so many sayings on, a sentence was repeated."""

_ORDER = (Effect.COUNTED, Effect.WAITING, Effect.NOT_COUNTED)

_REACHING_BREAKS = {"conduct.interruption", "conduct.repeat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFinding:
    """A hit with its number on the page; what was hit in one utterance shares a number."""

    number: int
    hit: ReportHit

    @property
    def tone(self) -> str:
        """Which colour and shape: a severity, or that of a customer's trigger."""
        return "trigger" if self.hit.kind == "trigger" else self.hit.severity


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an utterance's text that looks alike."""

    text: str
    finding: PageFinding | None
    unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One utterance, or (`gap` set) a silence worth a line."""

    begin_ms: int
    end_ms: int
    utterance: ReportUtterance | None = None
    segments: tuple[Segment, ...] = ()
    findings: tuple[PageFinding, ...] = ()
    steps: tuple[ReportStep, ...] = ()
    gap: str = ""

    @property
    def notes(self) -> list[list[PageFinding]]:
        """Findings of one number share a note."""
        return together(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """A key of the catalogue and what fills it."""

    key: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A check on a scale: all positions in percent."""

    check: Check
    value: PageWords | None
    limit: PageWords
    marker: float | None
    good_from: float
    good_to: float


def findings(report: Report) -> tuple[PageFinding, ...]:
    """In order of time, numbered from 1 as on the waveform."""
    numbers: dict[int, int] = {}
    return tuple(
        PageFinding(number=numbers.setdefault(hit.utterance, len(numbers) + 1), hit=hit)
        for hit in report.hits
    )


def together(found: Iterable[PageFinding]) -> list[list[PageFinding]]:
    """Findings by number: one card of the list, one note beside the transcript.

    In a card the rule stands first that took most, and behind those that count those that wait.
    """
    by_number: dict[int, list[PageFinding]] = {}
    for finding in found:
        by_number.setdefault(finding.number, []).append(finding)
    return [[one for rule in by_rule(group) for one in rule] for group in by_number.values()]


def by_rule(found: Iterable[PageFinding]) -> list[list[PageFinding]]:
    """The findings of one utterance, one list for each rule."""
    rules: dict[str, list[PageFinding]] = {}
    for finding in found:
        rules.setdefault(finding.hit.rule, []).append(finding)
    return sorted(rules.values(), key=_weight)


def _weight(rule: Sequence[PageFinding]) -> tuple[float, int]:
    taken = sum(one.hit.points for one in rule)
    return -taken, min(_ORDER.index(one.hit.effect) for one in rule)


def quote(found: Sequence[PageFinding]) -> Iterator[Segment]:
    """What was said, with the findings of one number marked."""
    hits = sorted(found, key=lambda finding: finding.hit.begin_char)
    text, at = hits[0].hit.quote, 0
    for finding in hits:
        hit = finding.hit
        if hit.begin_char < at:
            continue
        yield Segment(text[at : hit.begin_char], None, False)
        yield Segment(text[hit.begin_char : hit.end_char], finding, False)
        at = hit.end_char
    yield Segment(text[at:], None, False)


def rows(report: Report, found: Sequence[PageFinding]) -> list[PageRow]:
    """The transcript from top to bottom."""
    lines = [_row(report, utterance, found) for utterance in report.utterances]
    lines += [
        PageRow(
            begin_ms=silence.begin_ms,
            end_ms=silence.end_ms,
            gap="hold" if silence.excused else "silence",
        )
        for silence in report.conduct.silences
        if silence.end_ms - silence.begin_ms >= SHOWN_GAP_MS
    ]
    return sorted(lines, key=lambda row: (row.begin_ms, row.utterance is None))


def _row(report: Report, utterance: ReportUtterance, found: Sequence[PageFinding]) -> PageRow:
    own = tuple(finding for finding in found if finding.hit.utterance == utterance.id)
    steps = tuple(
        step
        for step in report.steps
        if any(one.utterance == utterance.id for one in step.instances)
    )
    return PageRow(
        begin_ms=utterance.begin_ms,
        end_ms=utterance.end_ms,
        utterance=utterance,
        segments=tuple(segments(utterance, own)),
        findings=own,
        steps=steps,
    )


def segments(utterance: ReportUtterance, own: Sequence[PageFinding]) -> Iterator[Segment]:
    """The text cut where its look changes; where two hits overlap, the first keeps the place."""
    unsure = _unsure(utterance)
    looks = [
        (next((f for f in own if f.hit.begin_char <= i < f.hit.end_char), None), unsure[i])
        for i in range(len(utterance.text))
    ]
    begin = 0
    for end in range(1, len(looks) + 1):
        if end == len(looks) or looks[end] != looks[begin]:
            yield Segment(utterance.text[begin:end], *looks[begin])
            begin = end


def _unsure(utterance: ReportUtterance) -> list[bool]:
    unsure = [False] * len(utterance.text)
    at = 0
    for word in utterance.words:
        begin = utterance.text.find(word.text, at)
        if begin < 0:
            continue
        at = begin + len(word.text)
        if word.confidence < UNSURE_BELOW:
            unsure[begin:at] = [True] * len(word.text)
    return unsure


def due_steps(report: Report) -> list[ReportStep]:
    """Steps that applied; the others are only counted."""
    return [step for step in report.steps if step.state is not StepState.NOT_APPLICABLE]


def groups(report: Report) -> list[tuple[str, list[ItemScore]]]:
    """Score items under their group headings, in the scorecard's order."""
    grouped: dict[str, list[ItemScore]] = {}
    for item in report.score.items if report.score else ():
        grouped.setdefault(item.group, []).append(item)
    return list(grouped.items())


def losses(report: Report, most: int = 3) -> list[Deduction]:
    """The fatal findings, those that wait, or the deductions that cost most."""
    if report.score is None:
        return []
    if report.score.fatal or report.score.fatal_waiting:
        return list((report.score.fatal or report.score.fatal_waiting)[:most])
    taken = [deduction for item in report.score.items for deduction in item.deductions]
    return sorted(taken, key=lambda deduction: -deduction.points)[:most]


def shown_checks(report: Report) -> list[Check]:
    """Every conduct check that tells a reader something."""
    return [check for check in report.conduct.checks if tells_something(check.id, check.value)]


def tells_something(check: str, value: float | None) -> bool:
    """A sentence that was said once was not repeated."""
    return check != "conduct.repeat" or value is None or value >= LEAST_REPEATED


def gauge(check: Check) -> Gauge:
    """A check's value and limits as places on a scale, in percent of its width."""
    low, high = _scale(check)
    span = high - low

    def percent(value: float) -> float:
        return round(min(100.0, max(0.0, (value - low) / span * 100)), 2)

    return Gauge(
        check=check,
        value=None if check.value is None else _amount(check, check.value),
        limit=_limit(check),
        marker=None if check.value is None else min(98.5, max(1.5, percent(check.value))),
        good_from=percent(check.low if check.low is not None else low),
        good_to=percent(check.high if check.high is not None else high),
    )


def _scale(check: Check) -> tuple[float, float]:
    if check.low is not None and check.high is not None:
        margin = (check.high - check.low) * 0.6
        return check.low - margin, check.high + margin
    return 0.0, max(1.0, (check.high or 1.0) * (1.0 if check.unit == "share" else 1.6))


def _amount(check: Check, value: float) -> PageWords:
    if check.unit == "ms" and value >= 60_000:
        return PageWords(key="unit_clock", values={"n": clock(round(value))})
    if check.unit == "ms":
        return PageWords(key="unit_s", values={"n": number(round(value / 1000, 1))})
    if check.unit == "share":
        return PageWords(key="unit_percent", values={"n": f"{value:.0%}".rstrip("%")})
    if check.id == "conduct.overload":
        return PageWords(key="unit_items", values={"n": number(value)})
    return PageWords(key=f"unit_{check.unit}", values={"n": f"{value:.0f}"})


def _limit(check: Check) -> PageWords:
    if check.low is not None and check.high is not None:
        return PageWords(
            key="limit_range", values={"low": number(check.low), "high": number(check.high)}
        )
    high = check.high or 0.0
    if check.id in _REACHING_BREAKS:
        return PageWords(key="limit_below", values={"n": number(high)})
    if check.unit == "ms":
        if high >= 60_000:
            return PageWords(key="limit_most", values={"n": clock(round(high))})
        return PageWords(key="limit_most_s", values={"n": number(high / 1000)})
    if check.unit == "share":
        return PageWords(key="limit_most", values={"n": f"{high:.0%}"})
    return PageWords(key="limit_most", values={"n": number(high)})
