"""A phrasebook's own `tests`: what each entry and step must hit, and what it must not.

A sentence stands alone, said by whom the rule listens to: quotations count as they do in a call,
`when`, `before` and `after` do not, for there is no call around it.
"""

from __future__ import annotations

from dataclasses import dataclass

from phrasebook.model import Entry, Phrasebook, Speaker, Step
from qa_engine.deciding import KEPT, Around, Decided, Decider, DecisionReason
from qa_engine.events import Decision, Role
from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.linting.findings import Level, LinterFinding, in_order
from qa_engine.matching.match import Match

__all__ = ["kept_spans", "run_tests", "why_missed"]

NEARLY = 0.2
"""A sentence that must hit is told what it came near to, down to this score."""


def run_tests(phrasebook: Phrasebook, matcher: Finder) -> list[LinterFinding]:
    """Run every test of every entry and step; returns the failures, all of them errors."""
    findings: list[LinterFinding] = []
    tester = _Tester(matcher, Decider(phrasebook))
    rules: list[Entry | Step] = [*phrasebook.entries, *phrasebook.steps]
    for rule in rules:
        findings += (
            _fails(rule, "ST001", tester.must_hit(rule, sentence))
            for sentence in rule.tests.hit
            if not tester.hits(rule, sentence)
        )
        findings += (
            _fails(rule, "ST002", _must_miss(sentence, found[0]))
            for sentence in rule.tests.miss
            if (found := tester.hits(rule, sentence))
        )
    return in_order(findings)


def why_missed(phrasebook: Phrasebook, matcher: Finder, rule: Entry | Step, said: str) -> str:
    """Why a sentence does not hit a rule: what it came near to; empty where it hits."""
    tester = _Tester(matcher, Decider(phrasebook))
    return "" if tester.hits(rule, said) else tester.must_hit(rule, said)


def kept_spans(
    phrasebook: Phrasebook, matcher: Finder, rule: Entry | Step, said: str
) -> list[tuple[int, int]]:
    """Where a sentence, standing alone, hits a rule: first character and the one after the last."""
    tester = _Tester(matcher, Decider(phrasebook))
    return [(match.begin, match.end) for match in tester.hits(rule, said)]


def _fails(rule: Entry | Step, code: str, message: str) -> LinterFinding:
    return LinterFinding(
        level=Level.ERROR, code=code, where=rule.where, message=f"规则 {rule.id}：{message}"
    )


@dataclass(frozen=True, slots=True)
class _Tester:
    """What a sentence hits: what the matcher finds in it and the decider keeps."""

    matcher: Finder
    decider: Decider

    def hits(self, rule: Entry | Step, sentence: str) -> list[Match]:
        return [
            match for match, found in self._found(rule, sentence) if found.decision is Decision.KEPT
        ]

    def _found(
        self, rule: Entry | Step, sentence: str, min_score: float | None = None
    ) -> list[tuple[Match, Decided]]:
        kind = "entry" if isinstance(rule, Entry) else "step"
        around = Around(role=Role.CUSTOMER if rule.who is Speaker.CUSTOMER else Role.AGENT)
        return [
            (match, KEPT if kind == "step" else self.decider.decide(sentence, match, around))
            for match in self.matcher.find(sentence, min_score=min_score)
            if match.owner == rule.id and match.kind == kind
        ]

    def must_hit(self, rule: Entry | Step, sentence: str) -> str:
        """The message where it does not: what it came near to, or why it was dropped."""
        candidates = self._found(rule, sentence)
        near = max(self._found(rule, sentence, NEARLY), key=lambda m: m[0].score, default=None)
        hint = "没有一条说法与它相近，请补一条 say"
        if candidates:
            hint = f"找到了“{candidates[0][0].heard}”，但判定不成立：{candidates[0][1].reason_zh}"
            if candidates[0][1].reason is DecisionReason.QUOTED:
                hint += "；要算命中请写 quoted: flag"
        elif near is not None:
            best = f"“{near[0].phrase}”，只有 {near[0].score:.2f} 分"
            hint = f"最接近的是{best}，请补一条 say 或放宽 strict"
        return f"“{sentence}”应当命中，却没有命中；{hint}"


def _must_miss(sentence: str, match: Match) -> str:
    return (
        f"“{sentence}”不应命中，却命中了“{match.phrase}”（{match.why}）；"
        "请把 say 写得更完整，或加一条 unless"
    )
