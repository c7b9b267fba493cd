"""What a sentence by itself can tell of a rule: its words, and a limit that is a number.

The other conditions ask for more of the call: how often something was said, what was said around
it, what is known of the call. A test, a line of `match` and a sentence that somebody tries do not
look at them, and say which those are.
"""

from __future__ import annotations

from phrasebook.limits import write_limit
from phrasebook.model import Entry, Step
from qa_engine.deciding import Decided
from qa_engine.events import Decision
from qa_engine.matching.match import Match
from qa_engine.rules.record import compared
from qa_engine.rules.spoken_quantities import quantities

__all__ = ["beyond_a_sentence", "excused_by", "within_limit"]


def beyond_a_sentence(rule: Entry | Step) -> tuple[str, ...]:
    """The keys of a rule, as they are typed, that one sentence tells nothing about."""
    asked: dict[str, object] = {"if": rule.condition, "record": rule.record}
    if isinstance(rule, Entry):
        asked |= {
            "when": rule.when,
            "before": [one for one in rule.before if not one.excuses],
            "after": [one for one in rule.after if not one.excuses],
            "times": rule.times,
            "limit": rule.limit and rule.limit.name,
        }
    return tuple(key for key, value in asked.items() if value)


def within_limit(entry: Entry, sentence: str, match: Match) -> Decided | None:
    """A decision against a hit none of whose numbers breaks the rule's limit; None where one does,
    or where the limit is of the call's data.
    """
    limit = entry.limit
    if limit is None or limit.name:
        return None
    numbers = quantities(sentence, limit.quantity, match.begin, match.end)
    if any(compared(number, limit.op, limit.value) for number in numbers):
        return None
    told = f"“{match.heard}”里没有{limit.quantity}符合 limit：{write_limit(limit)}"
    return Decided(Decision.DROPPED, reason_zh=told)


def excused_by(rule: Entry | Step, heard: str) -> str:
    """Why words that a rule says do not hit: what it writes under `unless`."""
    lines = "、".join(f"“{one.pattern.source}”" for one in rule.unless[:3])
    return f"“{heard}”符合说法，被例外（unless {lines}{'…' if len(rule.unless) > 3 else ''}）排除"
