"""Answers into a report: as answers, as findings like any other, and in the score."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from phrasebook.ask import Answer
from phrasebook.model import Ask, Audience, Phrasebook
from phrasebook.version import ask_version
from qa_engine.events import Decision, Hit, HitPart, Role, Tier
from qa_engine.meaning.answers import AnswerState, Given
from qa_engine.meaning.scoring import AnswerFinding, rescored
from qa_engine.report.answers import NOT_ASKED, not_asked
from qa_engine.report.build import points_taken, report_hit
from qa_engine.report.model import (
    Report,
    ReportAnswer,
    ReportUtterance,
    ReportWarning,
    ReportWord,
)
from qa_engine.rules.counting import COUNTED, Standing, standing_of_hit

__all__ = ["UNANSWERED", "hit_id", "waiting", "with_answers"]

UNHEARD = "unheard"
_UNHEARD_ZH = "通话里有没听清的话，没有听清不等于没有说"
UNANSWERED = (AnswerState.WAITING, AnswerState.CANNOT_TELL)
_STATE_OF = {Answer.YES: AnswerState.YES, Answer.NO: AnswerState.NO}


def hit_id(item: str) -> str:
    """Of the finding that an answer makes: one a call, however often it is asked."""
    return f"ask-{item}"


def waiting(report: Report, book: Phrasebook, *, again: bool = False) -> list[Ask]:
    """The questions of a report that nobody has answered, in the phrasebook's order; `again`: also
    those that somebody could not tell."""
    states = UNANSWERED if again else (AnswerState.WAITING,)
    wanted = {answer.item for answer in report.answers if answer.state in states}
    return [ask for ask in book.asks if ask.id in wanted]


@dataclass(frozen=True, slots=True)
class _Answered:
    ask: Ask
    given: Given
    hit: Hit | None
    standing: Standing


def with_answers(
    report: Report,
    book: Phrasebook,
    given: Mapping[str, Given],
    *,
    proven: Collection[str] = (),
) -> Report:
    """The report with these answers in place of those it had to the same questions.

    `proven`: questions whose precision inspectors have shown; an answer to another one waits for
    a person whatever the phrasebook says.
    """
    found = {
        ask.id: _answered(ask, given[ask.id], report, ask.id in proven)
        for ask in book.asks
        if ask.id in given
    }
    answers = tuple(
        _answer(answer, found[answer.item], report) if answer.item in found else answer
        for answer in report.answers
    )
    score = report.score
    if score is not None:
        score = rescored(
            score,
            book,
            [AnswerFinding(one.ask, one.hit, one.standing) for one in found.values() if one.hit],
            without={hit_id(item) for item in found},
            settled=_settled(answers, book, proven),
        )
    points = points_taken(score) if score else {}
    hits = [hit for hit in report.hits if hit.id not in {hit_id(item) for item in found}]
    hits += [
        report_hit(one.hit, one.ask.title, one.standing, points=points.get(one.hit.id, 0.0))
        for one in found.values()
        if one.hit
    ]
    return replace(
        report,
        answers=answers,
        hits=tuple(sorted(hits, key=lambda hit: (hit.begin_ms, hit.id))),
        score=score,
        conclusion=score.conclusion if score else report.conclusion,
        warnings=_warnings(report, answers),
    )


def _settled(
    answers: Sequence[ReportAnswer], book: Phrasebook, proven: Collection[str]
) -> set[str]:
    """Questions that were answered, and whose answer counts without a person."""
    trusted = {
        ask.id for ask in book.asks if ask.id in proven and ask.audience is not Audience.REVIEW
    }
    told = (AnswerState.YES, AnswerState.NO)
    return {answer.item for answer in answers if answer.item in trusted and answer.state in told}


def _answered(ask: Ask, given: Given, report: Report, proven: bool) -> _Answered:
    hit = None
    if ask.wrong is not None and given.state is _STATE_OF[ask.wrong]:
        hit = _hit(ask, given, report, proven)
    standing = standing_of_hit(hit, judgeable=bool(report.judgeable)) if hit else COUNTED
    return _Answered(ask, given, hit, standing)


def _hit(ask: Ask, given: Given, report: Report, proven: bool) -> Hit:
    by_id = {utterance.id: utterance for utterance in report.utterances}
    parts = _parts(given, by_id)
    first = parts[0]
    utterance = by_id[first.utterance]
    quoted = [by_id[part.utterance] for part in parts]
    # What was not understood may have been the very thing that "no" says is missing.
    unheard = given.state is AnswerState.NO and any(
        not one.intelligible and one.role is not Role.CUSTOMER for one in report.utterances
    )
    return Hit(
        id=hit_id(ask.id),
        rule=ask.id,
        source=ask.source,
        phrase=ask.question,
        role=utterance.role,
        utterance=first.utterance,
        begin_char=first.begin_char,
        end_char=first.end_char,
        begin_ms=first.begin_ms,
        end_ms=first.end_ms,
        heard="…".join(
            by_id[part.utterance].text[part.begin_char : part.end_char] for part in parts
        ),
        quote=utterance.text,
        tier=Tier.ASKED,
        score=given.confidence,
        why=given.reason,
        suggest=ask.suggest,
        coach=ask.coach,
        severity=ask.severity.value,
        audience=(ask.audience if proven else Audience.REVIEW).value,
        kind="forbidden",
        fatal=ask.fatal,
        confidence=min(one.confidence for one in quoted),
        role_confidence=min(one.role_confidence for one in quoted),
        parts=parts,
        decision=Decision.DOUBTFUL if unheard else Decision.KEPT,
        certainty=given.confidence,
        reason=UNHEARD if unheard else "",
        reason_zh=_UNHEARD_ZH if unheard else "",
    )


def _parts(given: Given, by_id: Mapping[int, ReportUtterance]) -> tuple[HitPart, ...]:
    parts = [
        HitPart(
            utterance=quote.utterance,
            begin_char=quote.begin_char,
            end_char=quote.end_char,
            begin_ms=span[0],
            end_ms=span[1],
        )
        for quote in given.quotes
        for span in [_span(by_id[quote.utterance], quote.begin_char, quote.end_char)]
    ]
    return tuple(sorted(parts, key=lambda part: (part.begin_ms, part.begin_char)))


def _span(utterance: ReportUtterance, begin: int, end: int) -> tuple[int, int]:
    """When characters of an utterance were said; all of it where its words have no times."""
    at = 0
    said: list[ReportWord] = []
    for word in utterance.words:
        if at < end and at + len(word.text) > begin:
            said.append(word)
        at += len(word.text)
    if not said:
        return utterance.begin_ms, utterance.end_ms
    return said[0].begin_ms, said[-1].end_ms


def _answer(before: ReportAnswer, found: _Answered, report: Report) -> ReportAnswer:
    given, hit = found.given, found.hit
    by_id = {utterance.id: utterance for utterance in report.utterances}
    return replace(
        before,
        title=found.ask.title,
        question=found.ask.question,
        state=given.state,
        why=given.why,
        wrong=hit is not None,
        hit=hit.id if hit else "",
        reason=given.reason,
        confidence=given.confidence,
        quotes=_parts(given, by_id),
        item_version=ask_version(found.ask),
        model=given.by.model,
        fingerprint=given.by.fingerprint,
        prompt=given.by.prompt,
        transcript=given.by.transcript,
    )


def _warnings(report: Report, answers: Sequence[ReportAnswer]) -> tuple[ReportWarning, ...]:
    rest = tuple(warning for warning in report.warnings if warning.code != NOT_ASKED)
    left = sum(answer.state is AnswerState.WAITING for answer in answers)
    return (*rest, not_asked(left)) if left else rest
