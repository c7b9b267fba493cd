"""One ticket: which elements it has (S9.1), and what should not stand in it (S9.2, S9.3, S7.3).

Elements are the steps of the `zh_ticket` pack and remarks its entries, matched by the same engine
as speech, except that a written ticket is taken at its word: exact matches only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from phrasebook import Phrasebook
from qa_engine import privacy
from qa_engine.events import Tier
from qa_engine.matching import Match, Matcher
from qa_engine.ticket.clock import backward_steps, follow_up_without_minutes

_TAIL = 4
_WITH_TAIL = {privacy.DataKind.PHONE, privacy.DataKind.ID_CARD, privacy.DataKind.BANK_CARD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A required part of the ticket; `begin`/`end` index its text where it was found."""

    id: str
    title: str
    source: str
    present: bool
    prompt: str
    begin: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Words that should be written otherwise, at `text[begin:end]`."""

    rule: str
    title: str
    source: str
    severity: str
    begin: int
    end: int
    quote: str
    suggest: str
    coach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReport:
    elements: tuple[Element, ...]
    remarks: tuple[Remark, ...]

    @property
    def passed(self) -> bool:
        """Every element is there and nothing graver than a low remark was found."""
        return all(x.present for x in self.elements) and all(
            x.severity == "low" for x in self.remarks
        )


def check_ticket(text: str, *, book: Phrasebook, matcher: Matcher) -> TicketReport:
    """Check one ticket with the compiled `zh_ticket` pack, or a pack made like it."""
    matches = list(_matches(text, matcher))
    remarks = [*_from_entries(book, matches), *_from_clock(text), *_from_privacy(text)]
    return TicketReport(
        elements=tuple(_elements(book, matches)),
        remarks=tuple(sorted(remarks, key=lambda remark: (remark.begin, remark.rule))),
    )


def _matches(text: str, matcher: Matcher) -> Iterator[Match]:
    """Line by line: what begins in one entry of a form does not go on in the next."""
    begin = 0
    for line in text.splitlines(keepends=True):
        for match in matcher.find(line):
            if match.tier is Tier.EXACT:
                yield replace(match, begin=match.begin + begin, end=match.end + begin)
        begin += len(line)


def _elements(book: Phrasebook, matches: list[Match]) -> list[Element]:
    first = {match.owner: match for match in reversed(matches) if match.kind == "step"}
    return [
        Element(
            id=step.id,
            title=step.title,
            source=step.source,
            present=step.id in first,
            prompt=step.prompt,
            begin=first[step.id].begin if step.id in first else None,
            end=first[step.id].end if step.id in first else None,
        )
        for step in book.steps
    ]


def _from_entries(book: Phrasebook, matches: list[Match]) -> list[Remark]:
    entries = {entry.id: entry for entry in book.entries}
    return [
        Remark(
            rule=entry.id,
            title=entry.title,
            source=entry.source,
            severity=entry.severity,
            begin=match.begin,
            end=match.end,
            quote=privacy.mask(match.heard),
            suggest=entry.suggest[0] if entry.suggest else "",
            coach=entry.coach,
        )
        for match in matches
        if (entry := entries.get(match.owner))
    ]


def _from_clock(text: str) -> list[Remark]:
    late = [
        Remark(
            rule="ticket-order",
            title="未按时间顺序",
            source="S9.2",
            severity="medium",
            begin=begin,
            end=end,
            quote=privacy.mask(text[begin:end]),
            suggest="按发生的先后写",
            coach="工单按时间先后记录，下一个处理的人才看得出进展。",
        )
        for begin, end in backward_steps(text)
    ]
    coarse = [
        Remark(
            rule="ticket-follow-up-minutes",
            title="跟进时间未精确到分钟",
            source="S9.2",
            severity="medium",
            begin=begin,
            end=end,
            quote=privacy.mask(text[begin:end]),
            suggest="跟进时间：（年-月-日 时:分）",
            coach="跟进时间写到分钟，24 小时制。",
        )
        for begin, end in follow_up_without_minutes(text)
    ]
    return late + coarse


def _from_privacy(text: str) -> list[Remark]:
    return [
        Remark(
            rule=f"ticket-clear-{finding.kind}",
            title="明文敏感信息",
            source="S7.3",
            severity="high",
            begin=finding.begin,
            end=finding.end,
            quote=privacy.MASKS[finding.kind],
            suggest="只留后四位，其余用 * 代替",
            coach="身份证、银行卡、手机号、验证码、密码不得明文写进工单。",
        )
        for finding in privacy.find(text)
        if not _is_tail(text[finding.begin : finding.end], finding.kind)
    ]


def _is_tail(number: str, kind: privacy.DataKind) -> bool:
    """The last four digits are what may stand; a code of four is still a code."""
    return kind in _WITH_TAIL and len(number) <= _TAIL
