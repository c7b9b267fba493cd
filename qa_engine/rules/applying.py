"""Which confirmed hits their rules want (`if`, `times`, `limit`), asked again as a call goes on.

Everything is decided from the set of confirmed hits, the texts, the record and the time, never
from the order in which they came; so every way to the same finals ends with the same hits. A hit
that its rule does not want yet is nobody's: it is told when the rule wants it, and withdrawn when
it no longer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from phrasebook.ask import Ask
from phrasebook.conditions import Named, Node, SaidCondition, walk
from phrasebook.limits import Limit
from phrasebook.model import Entry, Phrasebook, Step
from qa_engine.events import Decision, Hit, HitChanged, HitState
from qa_engine.rules.record import CallRecord, Question, is_fixed
from qa_engine.rules.spoken_quantities import quantities

__all__ = ["Applying"]

TextOf = Callable[[int], str]


class Applying:
    """One call's rules with conditions. `text_of`: the newest text of an utterance."""

    def __init__(self, book: Phrasebook, record: CallRecord, text_of: TextOf) -> None:
        self._named: Mapping[str, Node] = {
            name: condition.root for name, condition in book.conditions.items()
        }
        self._record = record
        self._text_of = text_of
        self._limited = {
            entry.id: entry
            for entry in book.entries
            if entry.condition or entry.times or entry.limit
        }
        rules: tuple[Entry | Step | Ask, ...] = (*book.entries, *book.steps, *book.asks)
        conditions = [one.condition.root for one in rules if one.condition is not None]
        self._asked = {name for node in conditions for name in self._rules_in(node)}
        self._hits: dict[str, Hit] = {}
        self._told: set[str] = set()
        self._now_ms = 0
        self._duration_ms: int | None = None
        self.has_steps = any(step.condition for step in book.steps)
        self._has_asks = any(ask.condition for ask in book.asks)

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

    def pass_time(self, now_ms: int) -> list[HitChanged]:
        self._now_ms = max(self._now_ms, now_ms)
        return self._reconsider(now_ms) if self._hits else []

    def close(self, duration_ms: int) -> list[HitChanged]:
        self._duration_ms = duration_ms
        self._now_ms = max(self._now_ms, duration_ms)
        return self._reconsider(duration_ms)

    def wants(self, step: Step) -> bool:
        """Whether a step is asked for, as far as is known; what is unknown is not asked for."""
        if step.condition is None:
            return True
        return self._question().holds(step.condition.root, self._count_until(None)) is True

    def asks(self, ask: Ask) -> bool | None:
        """Whether a question is asked of the call; None: nobody told what its condition needs."""
        if ask.condition is None:
            return True
        return self._question().holds(ask.condition.root, self._count_until(None))

    def unknown(self, rules: Iterable[Entry | Step]) -> tuple[str, ...]:
        """Titles (or ids) of the rules that did not apply because nobody told what they ask for."""
        question = self._question()
        titles = []
        for rule in rules:
            count = self._count_until(None)
            limit = rule.limit if isinstance(rule, Entry) else None
            lacks_limit = limit is not None and limit.name and not self._record.value(limit.name)
            condition = rule.condition
            if lacks_limit or (condition and question.holds(condition.root, count) is None):
                titles.append(rule.id if rule.title == rule.say[0].source else rule.title)
        return tuple(titles)

    def _question(self) -> Question:
        return Question(
            record=self._record,
            named=self._named,
            now_ms=self._now_ms,
            duration_ms=self._duration_ms,
        )

    def _reconsider(self, at_ms: int, because: HitChanged | None = None) -> list[HitChanged]:
        wanted = {hit.id for hit in self._wanted()}
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

    def _wanted(self) -> Iterable[Hit]:
        """The hits of conditional rules that their rules want now."""
        by_rule: dict[str, list[Hit]] = {}
        for hit in self._hits.values():
            if hit.rule in self._limited and self._fits(hit):
                by_rule.setdefault(hit.rule, []).append(hit)
        for rule, hits in by_rule.items():
            times = self._limited[rule].times
            if times is None:
                yield from hits
                continue
            said = sorted({(hit.begin_ms, hit.utterance) for hit in hits if _is_sure(hit)})
            once = sorted({utterance: begin for begin, utterance in reversed(said)}.values())
            if times.at_most:
                yield from (h for h in hits if sum(at < h.begin_ms for at in once) >= times.count)
            elif len(once) >= times.count:
                yield from hits

    def _fits(self, hit: Hit) -> bool:
        entry = self._limited[hit.rule]
        if entry.limit is not None and not self._beyond(hit, entry.limit):
            return False
        return self._applies(entry, hit)

    def _applies(self, entry: Entry, hit: Hit) -> bool:
        condition = entry.condition
        if condition is None:
            return True
        return self._question().holds(condition.root, self._count_until(hit)) is True

    def _beyond(self, hit: Hit, limit: Limit) -> bool:
        """Whether a number in the words of the hit breaks the limit; unknown limits break none."""
        against = limit.value
        if limit.name:
            told = list(quantities(self._record.value(limit.name), limit.quantity, 0, 10_000))
            told = told or _plain_number(self._record.value(limit.name))
            if not told:
                return False
            against = told[0]
        text, begin, end = self._words_of(hit)
        return any(
            _breaks(number, limit, against)
            for number in quantities(text, limit.quantity, begin, end)
        )

    def _words_of(self, hit: Hit) -> tuple[str, int, int]:
        """The text around a hit, and where it stands there; pauses inside it are passed over.

        七 折 in two breaths is 七折, as for the matcher.
        """
        first, last = hit.parts[0], hit.parts[-1]
        if first is last:
            return self._text_of(first.utterance), first.begin_char, first.end_char
        head = self._text_of(first.utterance)[: first.end_char]
        middle = "".join(
            self._text_of(part.utterance)[part.begin_char : part.end_char]
            for part in hit.parts[1:-1]
        )
        tail = self._text_of(last.utterance)
        end = len(head) + len(middle) + last.end_char - last.begin_char
        return head + middle + tail[last.begin_char :], first.begin_char, end

    def _count_until(self, hit: Hit | None) -> Callable[[str], int]:
        """How often an entry was hit, up to where `hit` is; of a step, in the whole call."""

        def count(rule: str) -> int:
            return len(
                {
                    other.utterance
                    for other in self._hits.values()
                    if other.rule == rule
                    and _is_sure(other)
                    and (hit is None or other.begin_ms <= hit.begin_ms)
                    and (hit is None or other.id != hit.id)
                }
            )

        return count

    def _may_show_early(self, hit: Hit) -> bool:
        """A condition that only time could change, or other words, waits for confirmed hits."""
        entry = self._limited.get(hit.rule)
        if entry is None:
            return True
        if entry.times is not None or entry.limit is not None or entry.condition is None:
            return False
        return is_fixed(entry.condition.root, self._named) and self._applies(entry, hit)

    def _rules_in(self, node: Node) -> Iterable[str]:
        for part in walk(node):
            if isinstance(part, SaidCondition):
                yield part.rule
            elif isinstance(part, Named) and part.name in self._named:
                yield from self._rules_in(self._named[part.name])


def _is_sure(hit: Hit) -> bool:
    return hit.decision is Decision.KEPT


def _plain_number(text: str) -> list[float]:
    digits = text.replace(",", "").strip()
    return [float(digits)] if digits.replace(".", "", 1).isdigit() else []


def _breaks(said: float, limit: Limit, against: float) -> bool:
    match limit.op:
        case ">":
            return said > against
        case ">=":
            return said >= against
        case "<":
            return said < against
        case "<=":
            return said <= against
        case _:
            return said == against
