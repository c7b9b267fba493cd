"""A phrasebook's own `tests`: what each entry and step must hit, and what it must not.

A sentence stands alone, said by whom the rule listens to: quotations count as they do in a call,
`when`, `before` and `after` do not, for there is no call around it.
"""

from __future__ import annotations

from phrasebook.model import Entry, Phrasebook, Step
from qa_engine.matching.findings import Finding, Level, in_order
from qa_engine.matching.match import Match
from qa_engine.matching.quoted import is_quoted, quoted_spans
from qa_engine.matching.revisions import Finder

__all__ = ["run_tests"]

NEARLY = 0.2
"""A sentence that must hit is told what it came near to, down to this score."""


def run_tests(phrasebook: Phrasebook, matcher: Finder) -> list[Finding]:
    """Run every test of every entry and step; returns the failures, all of them errors."""
    findings: list[Finding] = []
    rules: list[Entry | Step] = [*phrasebook.entries, *phrasebook.steps]
    for rule in rules:
        findings += (
            _fails(rule, "ST001", _must_hit(rule, sentence, matcher))
            for sentence in rule.tests.hit
            if not _hits(rule, sentence, matcher)
        )
        findings += (
            _fails(rule, "ST002", _must_miss(sentence, found[0]))
            for sentence in rule.tests.miss
            if (found := _hits(rule, sentence, matcher))
        )
    return in_order(findings)


def _fails(rule: Entry | Step, code: str, message: str) -> Finding:
    return Finding(
        level=Level.ERROR, code=code, where=rule.where, message=f"规则 {rule.id}：{message}"
    )


def _hits(
    rule: Entry | Step, sentence: str, matcher: Finder, min_score: float | None = None
) -> list[Match]:
    kind = "entry" if isinstance(rule, Entry) else "step"
    skip_quoted = isinstance(rule, Entry) and rule.skip_quoted
    spans = quoted_spans(sentence) if skip_quoted else ()
    return [
        match
        for match in matcher.find(sentence, min_score=min_score)
        if match.owner == rule.id
        and match.kind == kind
        and not is_quoted(match.begin, match.end, spans)
    ]


def _must_hit(rule: Entry | Step, sentence: str, matcher: Finder) -> str:
    near = max(_hits(rule, sentence, matcher, NEARLY), key=lambda m: m.score, default=None)
    hint = "没有一条说法与它相近，请补一条 say"
    if near is not None:
        hint = f"最接近的是“{near.phrase}”，只有 {near.score:.2f} 分，请补一条 say 或放宽 strict"
    elif _hits_with_quotations(rule, sentence, matcher):
        hint = "它被当作转述别人的话（您说…、客户说…），要算命中请写 quoted: flag"
    return f"“{sentence}”应当命中，却没有命中；{hint}"


def _hits_with_quotations(rule: Entry | Step, sentence: str, matcher: Finder) -> bool:
    return any(match.owner == rule.id for match in matcher.find(sentence))


def _must_miss(sentence: str, match: Match) -> str:
    return (
        f"“{sentence}”不应命中，却命中了“{match.phrase}”（{match.why}）；"
        "请把 say 写得更完整，或加一条 unless"
    )
