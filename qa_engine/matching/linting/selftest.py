"""A phrasebook's own `tests`: what each entry and step must hit, and what it must not.

A sentence stands alone, said by whom the rule listens to: quotations and limits count as they do in
a call; what asks for more of a call than the sentence does not (`alone`), and is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from phrasebook.model import Entry, Phrasebook, Speaker, Step
from qa_engine.deciding import KEPT, Around, Decided, Decider, DecisionReason
from qa_engine.events import Decision, Role
from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.linting.alone import beyond_a_sentence, excused_by, within_limit
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
            _fails(rule, "ST001", f"“{sentence}”应当命中，却没有命中；{tester.why(rule, sentence)}")
            for sentence in rule.tests.hit
            if not tester.hits(rule, sentence)
        )
        findings += (
            _fails(rule, "ST002", _must_miss(rule, sentence, found[0]))
            for sentence in rule.tests.miss
            if (found := tester.hits(rule, sentence))
        )
    return in_order(findings)


def why_missed(phrasebook: Phrasebook, matcher: Finder, rule: Entry | Step, said: str) -> str:
    """Why a sentence does not count for a rule: what it came near to, what excused it; of one whose
    words do hit, the conditions that a call must fulfil besides. Empty where there are none.
    """
    tester = _Tester(matcher, Decider(phrasebook))
    if not tester.hits(rule, said):
        return tester.why(rule, said)
    return _asks_for_more(rule, "说法本身命中，但这条规则还要看 {keys}，这里不成立或无从知道")


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
        return [
            (match, self._decided(rule, sentence, match))
            for match in self.matcher.find(sentence, min_score=min_score)
            if _is_of(rule, match)
        ]

    def _decided(self, rule: Entry | Step, sentence: str, match: Match) -> Decided:
        if isinstance(rule, Step):
            return KEPT
        around = Around(role=Role.CUSTOMER if rule.who is Speaker.CUSTOMER else Role.AGENT)
        found = self.decider.decide(sentence, match, around)
        return found if found.is_dropped else within_limit(rule, sentence, match) or found

    def why(self, rule: Entry | Step, sentence: str) -> str:
        """Of a sentence that does not hit: what dropped or excused it, or what it came near to."""
        candidates = self._found(rule, sentence)
        if candidates:
            match, found = candidates[0]
            quoted = found.reason is DecisionReason.QUOTED
            return f"找到了“{match.heard}”，但判定不成立：{found.reason_zh}" + (
                "；要算命中请写 quoted: flag" if quoted else ""
            )
        bare = self.matcher.without_exceptions().find(sentence) if rule.unless else ()
        excused = next((match for match in bare if _is_of(rule, match)), None)
        if excused is not None:
            return excused_by(rule, excused.heard)
        near = max(self._found(rule, sentence, NEARLY), key=lambda m: m[0].score, default=None)
        if near is not None:
            best = f"“{near[0].phrase}”，只有 {near[0].score:.2f} 分"
            return f"最接近的是{best}；要算命中，请补一条 say 或放宽 strict"
        return "没有一条说法与它相近，所以没有命中；要算命中，请补一条 say"


def _is_of(rule: Entry | Step, match: Match) -> bool:
    kind = "entry" if isinstance(rule, Entry) else "step"
    return match.owner == rule.id and match.kind == kind


def _asks_for_more(rule: Entry | Step, told: str) -> str:
    keys = beyond_a_sentence(rule)
    return told.format(keys="、".join(keys)) if keys else ""


def _must_miss(rule: Entry | Step, sentence: str, match: Match) -> str:
    return (
        f"“{sentence}”不应命中，却命中了“{match.phrase}”（{match.why}）；"
        "请把 say 写得更完整，或加一条 unless"
    ) + _asks_for_more(rule, "。测试只看这一句，不看 {keys}：靠它们排除的句子不要写在 miss 里")
