"""What would go wrong with a phrasebook live, told to its author before it is.

LN001  a line is too short to be heard reliably
LN002  a line will be hit by everyday speech so and so often an hour
LN003  a line adds nothing to another line of its entry
LN004  a line always hits another entry too
LN005  a sentence to say instead is itself forbidden
LN006  the exceptions excuse all that a line says
LN007  an exception can never apply
LN008  a line stands for very many ways of saying
LN009  a line lists several sayings behind one another, which nobody says in one breath
LN010  a rule has no tests
LN011  a condition can never be true
LN012  a condition is always true
LN013  a named condition that no rule uses
LN014  a limit that nothing said can break
LN015  a place (前3句) in the condition of what has none, such as a step
LN016  a condition asks for data under a heading that looks mistyped
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from phrasebook.model import Entry, Phrasebook, Step
from phrasebook.pattern import AnyOrder, Choice, Literal, Node, Optional_, Slot
from phrasebook.pattern import Sequence as PatternSequence
from phrasebook.variants import count_variants
from qa_engine.matching.linting.clashes import (
    exceptions_at_odds,
    forbidden_suggestions,
    shadowed_lines,
)
from qa_engine.matching.linting.conditions import conditions_at_odds
from qa_engine.matching.linting.false_alarms import FalseAlarms, false_alarms
from qa_engine.matching.linting.findings import Level, LinterFinding, in_order
from qa_engine.matching.linting.samples import Lists, samples, widest_gap
from qa_engine.matching.matcher import Matcher
from qa_engine.matching.text.normalise import fold

__all__ = ["FalseAlarms", "Level", "LinterFinding", "false_alarms", "lint_phrasebook"]

WARN_PER_HOUR = 1.0
ERROR_PER_HOUR = 20.0
TELL_PER_HOUR = 0.1
MANY_WAYS = 1024
MOST_SAMPLES = 128
_SEPARATOR = re.compile("[、；;]|(?<![0-9A-Za-z])[/／]|[/／](?![0-9A-Za-z/／])")


def lint_phrasebook(phrasebook: Phrasebook, matcher: Matcher) -> list[LinterFinding]:
    """Every remark on a phrasebook that loads, errors first, then by file and line."""
    return in_order(
        [
            *_too_short(phrasebook),
            *map(_told, _noisy(phrasebook, matcher)),
            *shadowed_lines(phrasebook, matcher),
            *forbidden_suggestions(phrasebook, matcher),
            *exceptions_at_odds(phrasebook, matcher),
            *_too_rich(phrasebook),
            *_lists(phrasebook),
            *_untested(phrasebook),
            *conditions_at_odds(phrasebook),
        ]
    )


def _too_short(phrasebook: Phrasebook) -> Iterator[LinterFinding]:
    for entry in phrasebook.entries:
        for line in entry.say:
            texts = samples(line, phrasebook, MOST_SAMPLES)
            shortest = min(texts, key=lambda text: len(fold(text)), default="")
            chars = len(fold(shortest))
            if chars > 2 or widest_gap(line.root):
                continue
            level, advice = Level.ERROR, "一个字到处都有，请写成完整的说法"
            if chars == 2:
                if _is_to_the_letter(line.root):
                    continue
                level = Level.INFO
                advice = f"“{shortest}”只有两个字，只认原字，听错一个字就漏；能写完整就写完整"
            yield _finding(entry, level, "LN001", f"“{line.source}”太短：{advice}")


def _is_to_the_letter(node: Node | PatternSequence) -> bool:
    """Whether its author put all of it in quotes: no phonetics wanted."""
    match node:
        case PatternSequence(items):
            return all(map(_is_to_the_letter, items))
        case Choice(branches):
            return all(map(_is_to_the_letter, branches))
        case Literal(phonetic=phonetic):
            return not phonetic
        case _:
            return True


def _noisy(phrasebook: Phrasebook, matcher: Matcher) -> list[FalseAlarms]:
    return [rate for rate in false_alarms(phrasebook, matcher) if rate.per_hour >= TELL_PER_HOUR]


def _told(rate: FalseAlarms) -> LinterFinding:
    level = Level.INFO
    if rate.per_hour >= WARN_PER_HOUR:
        level = Level.ERROR if rate.per_hour >= ERROR_PER_HOUR else Level.WARNING
    shown = dict.fromkeys(rate.examples)
    example = f"，例如{'、'.join(f'“{text}”' for text in islice(shown, 3))}" if shown else ""
    return _finding(
        rate.entry,
        level,
        "LN002",
        f"“{rate.line}”预计每小时通话误报 {rate.per_hour:.1f} 次{example}；"
        "请写得更完整，或加一条 unless",
    )


def _lists(phrasebook: Phrasebook) -> Iterator[LinterFinding]:
    """不能退、不可以退、退不了: punctuation means nothing in a line, so this is one long saying."""
    for entry in phrasebook.entries:
        for line in entry.say:
            parts = [part for part in _SEPARATOR.split(line.source) if len(fold(part)) > 1]
            if len(parts) > 1:
                written = "|".join(part.strip() for part in parts)
                yield _finding(
                    entry,
                    Level.WARNING,
                    "LN009",
                    f"“{line.source}”会被当作连着说的一整句，几乎听不到；顿号、分号和斜杠不分隔说法，"
                    f"请写成几条，或写成 ({written})",
                )


def _untested(phrasebook: Phrasebook) -> Iterator[LinterFinding]:
    rules: list[Entry | Step] = [*phrasebook.entries, *phrasebook.steps]
    for rule in rules:
        if not rule.tests.hit:
            yield LinterFinding(
                level=Level.INFO,
                code="LN010",
                where=rule.where,
                message=f"规则 {rule.id}：没有例句；请在 tests 里写几句应命中和不应命中的话",
            )


def _too_rich(phrasebook: Phrasebook) -> Iterator[LinterFinding]:
    for entry in phrasebook.entries:
        for line in entry.say:
            ways = _count(line.root, phrasebook.lists)
            if ways > MANY_WAYS:
                yield _finding(
                    entry,
                    Level.WARNING,
                    "LN008",
                    f"“{line.source}”连同名单一共有 {ways} 种说法，匹配会变慢；请拆成几条",
                )


def _count(node: Node | PatternSequence, lists: Lists) -> int:
    """How many ways of saying a pattern has, lists said through."""
    match node:
        case Slot(name) if name in lists:
            return sum(_count(value.root, lists) for value in lists[name])
        case PatternSequence(items):
            ways = 1
            for item in items:
                ways *= _count(item, lists)
            return ways
        case Choice(branches):
            return sum(_count(branch, lists) for branch in branches)
        case Optional_(body):
            return 1 + _count(body, lists)
        case AnyOrder(parts):
            ways = 1
            for part in parts:
                ways *= _count(part, lists)
            return ways
        case _:
            return count_variants(node)


def _finding(entry: Entry, level: Level, code: str, message: str) -> LinterFinding:
    return LinterFinding(
        level=level, code=code, where=entry.where, message=f"规则 {entry.id}：{message}"
    )
