"""Which confirmed hits their rules want (`if`, `times`, `limit`, `record`), asked again as a call
goes on.

Everything is decided from the set of confirmed hits, the texts, the record and the time, never
from the order in which they came; so every way to the same finals ends with the same hits. A hit
that its rule does not want yet is nobody's: it is told when the rule wants it, and withdrawn when
it no longer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from phrasebook.ask import Ask
from phrasebook.condition_order import asked_rules, in_order
from phrasebook.conditions import Node, SaidCondition
from phrasebook.model import Entry, Phrasebook, Step
from qa_engine.events import Decision, Hit, HitChanged, HitState, StepHeard
from qa_engine.rules.hit_words import HitWords
from qa_engine.rules.occurrences import Occurrences
from qa_engine.rules.record import CallRecord, Question, is_fixed
from qa_engine.turns import Turns

__all__ = ["Applying"]


class Applying:
    """One call's rules with conditions."""

    def __init__(self, book: Phrasebook, words: HitWords, turns: Turns) -> None:
        """`words`, `turns`: the call's own, which its owner keeps up to date."""
        self._named: Mapping[str, Node] = {
            name: condition.root for name, condition in book.conditions.items()
        }
        self._words = words
        self._limited = {
            entry.id: entry
            for entry in book.entries
            if entry.condition or entry.times or entry.limit or entry.record
        }
        rules: tuple[Entry | Step | Ask, ...] = (*book.entries, *book.steps, *book.asks)
        asked = [
            part
            for rule in rules
            if rule.condition is not None
            for part in asked_rules(rule.condition.root, self._named)
        ]
        self._asked = {part.rule for part in asked if not part.is_step}
        self._asked_steps = {part.rule for part in asked if part.is_step}
        concerned = [e for e in book.entries if e.id in self._limited or e.id in self._asked]
        self._order = in_order(concerned, self._named)
        self._said = Occurrences(
            turns,
            entries={entry.id: entry.who for entry in concerned},
            steps={step.id: step.who for step in book.steps if step.id in self._asked_steps},
        )
        self._hits: dict[str, Hit] = {}
        self._told: set[str] = set()
        self._answers: dict[int, bool | None] = {}
        self._now_ms = 0
        self._duration_ms: int | None = None
        self.has_steps = any(step.condition for step in book.steps)
        self._has_asks = any(ask.condition for ask in book.asks)

    @property
    def _record(self) -> CallRecord:
        return self._words.record

    @property
    def is_idle(self) -> bool:
        """No rule of the pack has a condition: every hit passes."""
        return not self._limited and not self.has_steps and not self._has_asks

    def take(self, event: HitChanged) -> list[HitChanged]:
        """What becomes of an event of the matcher, and of hits that it lets in or out."""
        hit = event.hit
        self._now_ms = max(self._now_ms, hit.end_ms)
        known = hit.rule in self._limited or hit.rule in self._asked
        if not known:
            return [event]
        if event.state is HitState.PROVISIONAL:
            return [event] if self._may_show_early(hit) else []
        if event.state is HitState.CONFIRMED:
            self._hits[hit.id] = hit
        else:
            self._hits.pop(hit.id, None)
        if hit.rule not in self._limited:
            return [event, *self._reconsider(event.at_ms)]
        return self._reconsider(event.at_ms, because=event)

    def step_heard(self, event: StepHeard) -> list[HitChanged]:
        """The words of a step, which conditions may ask for."""
        if event.step not in self._asked_steps:
            return []
        self._said.on_heard(event)
        return self._reconsider(event.at_ms)

    def pass_time(self, now_ms: int) -> list[HitChanged]:
        """Every channel has been heard up to `now_ms`."""
        self._now_ms = max(self._now_ms, now_ms)
        self._said.passed_ms = max(self._said.passed_ms, now_ms)
        return self._reconsider(now_ms) if self._hits else []

    def close(self, duration_ms: int) -> list[HitChanged]:
        self._duration_ms = duration_ms
        self._said.is_over = True
        self._now_ms = max(self._now_ms, duration_ms)
        return self._reconsider(duration_ms)

    def wants(self, step: Step) -> bool:
        """Whether a step is asked for, as far as is known; what is unknown is not asked for."""
        if step.record is not None and not self._record.value(step.record.name):
            return False
        return step.condition is None or self._holds(step.condition.root) is True

    def asks(self, ask: Ask) -> bool | None:
        """Whether a question is asked of the call; None: nobody told what its condition needs."""
        return True if ask.condition is None else self._holds(ask.condition.root)

    def unknown(self, rules: Iterable[Entry | Step]) -> tuple[str, ...]:
        """Titles (or ids) of the rules that did not apply because nobody told what they ask for."""
        titles = []
        for rule in rules:
            limit = rule.limit.name if isinstance(rule, Entry) and rule.limit else ""
            needed = [limit, rule.record.name if rule.record else ""]
            lacks = any(name and not self._record.value(name) for name in needed)
            if lacks or (rule.condition and self._holds(rule.condition.root) is None):
                titles.append(rule.id if rule.title == rule.say[0].source else rule.title)
        return tuple(titles)

    def _holds(self, root: Node) -> bool | None:
        """Of what has no place in the call: a step, a question."""
        return self._question().holds(root, self._said_by(self._kept(), None))

    def _question(self) -> Question:
        return Question(
            record=self._record,
            named=self._named,
            now_ms=self._now_ms,
            duration_ms=self._duration_ms,
            known=self._answers,
        )

    def _reconsider(self, at_ms: int, because: HitChanged | None = None) -> list[HitChanged]:
        kept = self._kept()
        wanted = {hit.id for rule in self._limited for hit in kept.get(rule, ())}
        events = []
        for hit_id in self._told - wanted:
            gone = self._hits.get(hit_id) or (because.hit if because else None)
            if gone is not None and gone.id == hit_id:
                events.append(HitChanged(at_ms=at_ms, state=HitState.RETRACTED, hit=gone))
        if because is not None and because.state is HitState.RETRACTED:
            # A provisional hit that was shown early is withdrawn even if it never was confirmed.
            if because.hit.id not in self._told and self._may_show_early(because.hit):
                events.append(because)
        new = sorted(wanted - self._told, key=lambda name: self._hits[name].begin_ms)
        for hit_id in new:
            is_own = because is not None and because.hit.id == hit_id
            told = HitChanged(at_ms=at_ms, state=HitState.CONFIRMED, hit=self._hits[hit_id])
            events.append(because if is_own and because is not None else told)
        if because is not None and because.hit.id in wanted & self._told:
            events.append(because)
        self._told = wanted
        return events

    def _kept(self) -> Mapping[str, list[Hit]]:
        """The hits that count now, by rule: those that others ask for come first."""
        by_rule: dict[str, list[Hit]] = {}
        for hit in self._hits.values():
            by_rule.setdefault(hit.rule, []).append(hit)
        kept: dict[str, list[Hit]] = {}
        for rule in self._order:
            hits = by_rule.get(rule)
            if not hits:
                continue
            entry = self._limited.get(rule)
            # A rule that asks for itself means what was said before, whatever came of it.
            kept[rule] = hits
            if entry is not None:
                said = kept
                kept[rule] = self._often_enough(entry, [h for h in hits if self._fits(h, said)])
        return kept

    def _often_enough(self, entry: Entry, hits: list[Hit]) -> list[Hit]:
        times = entry.times
        if times is None:
            return hits
        said = sorted({(hit.begin_ms, hit.utterance) for hit in hits if _is_sure(hit)})
        once = sorted({utterance: begin for begin, utterance in reversed(said)}.values())
        if times.at_most:
            return [h for h in hits if sum(at < h.begin_ms for at in once) >= times.count]
        return hits if len(once) >= times.count else []

    def _fits(self, hit: Hit, kept: Mapping[str, list[Hit]]) -> bool:
        entry = self._limited[hit.rule]
        if entry.limit is not None and not self._words.breaks(hit, entry.limit):
            return False
        if entry.record is not None:
            is_open = self._duration_ms is None
            if is_open and self._words.may_go_on(hit, self._said.passed_ms):
                return False
            if self._words.says_record(hit.utterance, entry.record) is not False:
                return False
        condition = entry.condition
        if condition is None:
            return True
        return self._question().holds(condition.root, self._said_by(kept, hit)) is True

    def _said_by(
        self, kept: Mapping[str, list[Hit]], hit: Hit | None
    ) -> Callable[[SaidCondition], bool | None]:
        def said(asked: SaidCondition) -> bool | None:
            hits = [other for other in kept.get(asked.rule, ()) if _is_sure(other)]
            return self._said.holds(asked, hits, hit)

        return said

    def _may_show_early(self, hit: Hit) -> bool:
        """A condition that only time could change, or other words, waits for confirmed hits."""
        entry = self._limited.get(hit.rule)
        if entry is None:
            return True
        if entry.times is not None or entry.limit is not None or entry.record is not None:
            return False
        return (
            entry.condition is not None
            and is_fixed(entry.condition.root, self._named)
            and self._question().holds(entry.condition.root, lambda _: None) is True
        )


def _is_sure(hit: Hit) -> bool:
    return hit.decision is Decision.KEPT
