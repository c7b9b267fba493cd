"""What else must stand in the call for a hit to count: when, and what was said before or after.

Everything here is decided by the times of utterances, never by the order in which they arrived.
The past is believed as heard so far; the future is waited for, until its window has passed.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from phrasebook.model import Entry, Relation, Speaker, When
from qa_engine.events import Role, Utterance
from qa_engine.turns import Turns

__all__ = ["CallSpan", "Circumstances", "Mention", "Relevance", "is_contextual", "speaks"]


class Relevance(Enum):
    """Whether a hit counts: it does not, it does, or the call has not yet told."""

    NO = 0
    WAIT = 1
    YES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """The words of one relation, heard in an utterance. Characters and ms as everywhere."""

    relation: int
    role: Role
    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSpan:
    """Where a possible hit lies."""

    utterance: int
    role: Role
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


def speaks(who: Speaker, role: Role) -> bool:
    """Whether the role is one of those that a rule listens to."""
    return who is Speaker.ANY or who.value == role.value


def is_contextual(entry: Entry) -> bool:
    """Whether other utterances, or the length of the call, can change this entry's hits."""
    when = entry.when
    by_turn = when is not None and (when.first_turns is not None or when.last_turns is not None)
    by_end = when is not None and when.last_ms is not None
    return bool(entry.before or entry.after or by_turn or by_end)


class Circumstances:
    """The call as far as it is known: its utterances in time order and what they mention."""

    def __init__(self) -> None:
        self._order: list[tuple[int, int, int]] = []
        self._utterances: dict[int, Utterance] = {}
        self._open: set[int] = set()
        self._mentions: dict[int, dict[int, list[Mention]]] = {}
        self._passed_ms = {Role.AGENT: 0, Role.CUSTOMER: 0}
        self._duration_ms: int | None = None
        self._turns = Turns()
        self.now_ms = 0

    def hear(self, utterance: Utterance, mentions: Iterable[Mention]) -> None:
        """Take the newest text of an utterance; it replaces what was known under its id."""
        old, place = self._utterances.get(utterance.id), _place(utterance)
        if old is not None:
            for by_utterance in self._mentions.values():
                by_utterance.pop(utterance.id, None)
        if old is None or _place(old) != place:
            if old is not None:
                self._order.remove(_place(old))
            insort(self._order, place)
        self._utterances[utterance.id] = utterance
        self._turns.hear(utterance)
        (self._open.discard if utterance.is_final else self._open.add)(utterance.id)
        for mention in mentions:
            found = self._mentions.setdefault(mention.relation, {})
            found.setdefault(utterance.id, []).append(mention)
        role = utterance.role
        self._passed_ms[role] = max(self._passed_ms[role], utterance.begin_ms)
        self.now_ms = max(self.now_ms, utterance.end_ms)

    def pass_time(self, now_ms: int) -> None:
        """Say that the call has been heard up to `now_ms` on every channel."""
        self.now_ms = max(self.now_ms, now_ms)
        self._passed_ms = {role: max(at, now_ms) for role, at in self._passed_ms.items()}

    def end(self, duration_ms: int) -> None:
        """Say how long the call was: nothing more will be heard."""
        self.now_ms = max(self.now_ms, duration_ms)
        self._duration_ms = duration_ms
        self._open.clear()

    def judge(
        self, span: CallSpan, entry: Entry, before: Iterable[int] = (), after: Iterable[int] = ()
    ) -> Relevance:
        """Whether a hit of `entry` at `span` counts.

        `before` and `after` name the entry's relations, in order, as mentions name them.
        """
        verdict = self._in_time(span, entry.when) if entry.when else Relevance.YES
        for relation, key in zip(entry.before, before, strict=True):
            verdict = _and(verdict, self._earlier(span, relation, key))
        for relation, key in zip(entry.after, after, strict=True):
            verdict = _and(verdict, self._later(span, relation, key))
        return verdict

    def _in_time(self, span: CallSpan, when: When) -> Relevance:
        """Any of the named parts of the call will do: `first 30s` and `last 30s` is either."""
        verdicts = []
        if when.first_ms is not None:
            early = span.begin_ms - self._began_ms() < when.first_ms
            verdicts.append(Relevance.YES if early else Relevance.NO)
        if when.last_ms is not None:
            verdicts.append(self._near_end(span, when.last_ms))
        if when.first_turns is not None or when.last_turns is not None:
            earlier, later = self._turns_around(span)
            if when.first_turns is not None:
                verdicts.append(Relevance.YES if earlier < when.first_turns else Relevance.NO)
            if when.last_turns is not None:
                yes = Relevance.WAIT if self._duration_ms is None else Relevance.YES
                verdicts.append(yes if later < when.last_turns else Relevance.NO)
        return max(verdicts, key=lambda verdict: verdict.value, default=Relevance.YES)

    def _began_ms(self) -> int:
        """The agent's first word: a menu or ringing before it is no part of the talk."""
        spoken = (self._utterances[id_] for _, _, id_ in self._order)
        return next((u.begin_ms for u in spoken if u.role is Role.AGENT and u.text), 0)

    def _near_end(self, span: CallSpan, last_ms: int) -> Relevance:
        if self._duration_ms is not None:
            near = span.begin_ms >= self._duration_ms - last_ms
            return Relevance.YES if near else Relevance.NO
        return Relevance.WAIT if span.begin_ms >= self.now_ms - last_ms else Relevance.NO

    def _turns_around(self, span: CallSpan) -> tuple[int, int]:
        """How many turns of the same speaker stand before and after the one that holds `span`."""
        earlier = later = 0
        last_role: Role | None = None
        found = False
        for _, _, utterance_id in self._order:
            utterance = self._utterances[utterance_id]
            if not utterance.text.strip():
                continue
            if utterance.role is not last_role and utterance.role is span.role:
                if found:
                    later += 1
                else:
                    earlier += 1
            found = found or utterance_id == span.utterance
            last_role = utterance.role
        return earlier - 1, later

    def _earlier(self, span: CallSpan, relation: Relation, key: int) -> Relevance:
        oldest_ms = span.begin_ms - relation.within_ms
        found = [
            mention
            for mention in self._said(relation, key)
            if _precedes(mention, span)
            and mention.end_ms >= oldest_ms
            and self._is_near(mention.begin_ms, span.begin_ms, span.role, relation)
        ]
        if found:
            return Relevance.NO if relation.excuses else self._as_sure(found)
        if not relation.excuses:
            return Relevance.NO
        waiting = any(
            other.id != span.utterance
            and other.begin_ms < span.begin_ms
            and other.end_ms >= oldest_ms
            for other in self._unfinished(relation.who)
        )
        return Relevance.WAIT if waiting else Relevance.YES

    def _later(self, span: CallSpan, relation: Relation, key: int) -> Relevance:
        latest_ms = span.end_ms + relation.within_ms
        found = [
            mention
            for mention in self._said(relation, key)
            if _follows(mention, span)
            and mention.begin_ms <= latest_ms
            and self._is_near(span.begin_ms, mention.begin_ms, mention.role, relation)
        ]
        if found:
            return Relevance.NO if relation.excuses else self._as_sure(found)
        if relation.within_turns is not None:
            latest_ms = self._last_turn_ms(span, relation)
        if not self._has_passed(relation.who, latest_ms):
            return Relevance.WAIT
        return Relevance.YES if relation.excuses else Relevance.NO

    def _is_near(self, earlier_ms: int, later_ms: int, role: Role, relation: Relation) -> bool:
        """Within as many turns of whoever speaks later as the relation allows."""
        turns = relation.within_turns
        return turns is None or self._turns.between(earlier_ms, later_ms, role) <= turns

    def _last_turn_ms(self, span: CallSpan, relation: Relation) -> int:
        """When everybody the relation asks for has begun one turn more than it allows."""
        next_turn = (relation.within_turns or 0) + 1
        begins = [
            self._turns.begin_after(span.begin_ms, role, next_turn)
            for role in (Role.AGENT, Role.CUSTOMER)
            if speaks(relation.who, role)
        ]
        return max(_NEVER if begin_ms is None else begin_ms for begin_ms in begins)

    def _said(self, relation: Relation, key: int) -> Iterator[Mention]:
        for mentions in self._mentions.get(key, {}).values():
            for mention in mentions:
                if speaks(relation.who, mention.role):
                    yield mention

    def _as_sure(self, mentions: list[Mention]) -> Relevance:
        sure = any(mention.utterance not in self._open for mention in mentions)
        return Relevance.YES if sure else Relevance.WAIT

    def _unfinished(self, who: Speaker) -> Iterator[Utterance]:
        for utterance_id in self._open:
            utterance = self._utterances[utterance_id]
            if speaks(who, utterance.role):
                yield utterance

    def _has_passed(self, who: Speaker, at_ms: int) -> bool:
        if self._duration_ms is not None:
            return True
        return all(
            passed_ms > at_ms for role, passed_ms in self._passed_ms.items() if speaks(who, role)
        ) and not any(utterance.begin_ms <= at_ms for utterance in self._unfinished(who))


_NEVER = 1 << 60
"""Later than any call lasts."""


def _place(utterance: Utterance) -> tuple[int, int, int]:
    return utterance.begin_ms, utterance.channel, utterance.id


def _and(left: Relevance, right: Relevance) -> Relevance:
    return left if left.value <= right.value else right


def _precedes(mention: Mention, span: CallSpan) -> bool:
    if mention.utterance == span.utterance:
        return mention.end_char <= span.begin_char
    return mention.begin_ms < span.begin_ms


def _follows(mention: Mention, span: CallSpan) -> bool:
    if mention.utterance == span.utterance:
        return mention.begin_char >= span.end_char
    return mention.begin_ms > span.begin_ms
