"""A report that may leave the house: personal numbers covered, every offset as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa_engine.events import Role
from qa_engine.privacy import ConversationLine, mask, mask_lines, mask_name
from qa_engine.report.model import Report, ReportHit, ReportUtterance

__all__ = ["redacted"]


def redacted(report: Report, names: Sequence[str] = ()) -> Report:
    """The same report with one `*` for each character of a personal number or a name.

    Covered are the transcript, its words, the quotes and reasons of hits, and a caller's number in
    the recording's name. `names`: of people, as the call's record has them.
    """
    lines = [
        ConversationLine(one.role.value, one.text, staff=one.role is Role.AGENT)
        for one in report.utterances
    ]
    utterances = tuple(
        _utterance(utterance, text)
        for utterance, text in zip(report.utterances, mask_lines(lines, names), strict=True)
    )
    texts = {utterance.id: utterance.text for utterance in utterances}
    return replace(
        report,
        call=replace(report.call, file=mask_name(report.call.file)),
        utterances=utterances,
        hits=tuple(_hit(hit, texts) for hit in report.hits),
        held_back=tuple(_hit(hit, texts) for hit in report.held_back),
        answers=tuple(replace(told, reason=mask(told.reason)) for told in report.answers),
    )


def _utterance(utterance: ReportUtterance, text: str) -> ReportUtterance:
    if text == utterance.text:
        return utterance
    words, at = [], 0
    for word in utterance.words:
        words.append(replace(word, text=text[at : at + len(word.text)]))
        at += len(word.text)
    return replace(utterance, text=text, words=tuple(words))


def _hit(hit: ReportHit, texts: Mapping[int, str]) -> ReportHit:
    quote = texts.get(hit.utterance)
    if quote is None:
        quote, heard = mask(hit.quote), mask(hit.heard)
    elif hit.quote == quote and len(hit.parts) < 2:
        return hit
    else:
        heard = _heard(hit, texts)
    return replace(
        hit,
        quote=quote,
        heard=heard,
        why=mask(hit.why.replace(hit.heard, heard)),
        reason_zh=mask(hit.reason_zh.replace(hit.heard, heard)),
    )


def _heard(hit: ReportHit, texts: Mapping[int, str]) -> str:
    """The words of all parts as the redacted transcript has them."""
    pieces = [texts.get(p.utterance, "")[p.begin_char : p.end_char] for p in hit.parts]
    covered = "".join(pieces)
    # Whoever joins several parts may put a sign between them.
    return covered if len(covered) == len(hit.heard) else "…".join(pieces)
