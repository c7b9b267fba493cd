"""Rules that get in each other's way, or in their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from phrasebook.model import Entry, Kind, Phrasebook, Speaker, Step
from phrasebook.pattern import Pattern
from qa_engine.deciding import Around, Decider
from qa_engine.events import Decision, Role
from qa_engine.matching.linting.findings import Level, LinterFinding
from qa_engine.matching.linting.samples import samples, widest_gap
from qa_engine.matching.matcher import Matcher
from qa_engine.matching.text.normalise import fold

__all__ = ["exceptions_at_odds", "forbidden_suggestions", "shadowed_lines"]

MOST_SAMPLES = 128
MOST_TRIED = 1024
"""Before a line is called dead, this many of its ways of saying are tried."""


def shadowed_lines(phrasebook: Phrasebook, matcher: Matcher) -> Iterator[LinterFinding]:
    """Lines whose every way of saying already hits a shorter line, or another entry."""
    entries = {entry.id: entry for entry in phrasebook.entries}
    for entry in phrasebook.entries:
        said = [samples(line, phrasebook, MOST_SAMPLES) for line in entry.say]
        yield from _redundant_lines(entry, said)
        for line, texts in zip(entry.say, said, strict=True):
            for other in _also_hit(entry, texts, matcher, entries):
                message = (
                    f"“{line.source}”每次都会同时命中规则 {other}，一句话会被算两次；"
                    "请合并两条规则，或在其中一条加 unless"
                )
                yield _finding(entry, Level.WARNING, "LN004", message)


def _redundant_lines(entry: Entry, said: list[list[str]]) -> Iterator[LinterFinding]:
    plain = [widest_gap(line.root) == 0 for line in entry.say]
    line_of = {
        fold(text): index
        for index, texts in enumerate(said)
        if plain[index] and not (entry.say[index].opens or entry.say[index].closes)
        for text in texts
    }
    for index, texts in enumerate(said):
        if not texts or not plain[index]:
            continue
        within = [_within(fold(text), index, line_of) for text in texts]
        if within[0] is not None and None not in within:
            message = (
                f"“{entry.say[index].source}”是多余的：凡是这么说的，"
                f"“{entry.say[within[0]].source}”已经能命中"
            )
            yield _finding(entry, Level.INFO, "LN003", message)


def forbidden_suggestions(phrasebook: Phrasebook, matcher: Matcher) -> Iterator[LinterFinding]:
    """Sentences that agents are told to say, and that hit a forbidden phrase."""
    forbidden = {
        entry.id: entry
        for entry in phrasebook.entries
        if entry.kind is Kind.FORBIDDEN
        and entry.who is not Speaker.CUSTOMER
        and not _is_conditional(entry)
    }
    advice: list[tuple[Entry | Step, str, str]] = [
        *((entry, "建议话术", text) for entry in phrasebook.entries for text in entry.suggest),
        *((step, "提示话术", step.prompt) for step in phrasebook.steps if step.prompt),
    ]
    decider, agent = Decider(phrasebook), Around(role=Role.AGENT)
    for rule, what, text in advice:
        for match in matcher.find(text):
            entry = forbidden.get(match.owner)
            if match.kind != "entry" or entry is None:
                continue
            if decider.decide(text, match, agent).decision is Decision.KEPT:
                yield LinterFinding(
                    level=Level.ERROR,
                    code="LN005",
                    where=rule.where,
                    message=f"规则 {rule.id}：{what}“{text}”里有“{match.heard}”，"
                    f"照着说会命中规则 {entry.id}（“{match.phrase}”）；请换一种说法",
                )


def _is_conditional(entry: Entry) -> bool:
    """Whether words alone make no breach of it: what is forbidden at night may be said by day."""
    asked = (entry.condition, entry.times, entry.limit, entry.record, entry.when)
    needs = [one for one in (*entry.before, *entry.after) if not one.excuses]
    return bool(needs) or any(one is not None for one in asked)


def exceptions_at_odds(phrasebook: Phrasebook, matcher: Matcher) -> Iterator[LinterFinding]:
    """Exceptions that excuse all an entry says, and those that can never apply to it."""
    for entry in phrasebook.entries:
        if not entry.unless:
            continue
        silent = [
            index
            for index, line in enumerate(entry.say)
            if not any(_hits(entry, t, matcher) for t in samples(line, phrasebook, MOST_TRIED))
        ]
        if silent:
            yield from _excused_away(entry, silent, phrasebook)
        said = [samples(line, phrasebook, MOST_SAMPLES) for line in entry.say]
        gap = max(widest_gap(line.root) for line in entry.say)
        for exception in entry.unless:
            apart = exception.near_chars is None and not _can_touch(
                exception.pattern, [text for texts in said for text in texts], gap, phrasebook
            )
            if apart and all(len(texts) < MOST_SAMPLES for texts in said):
                yield _finding(
                    entry,
                    Level.INFO,
                    "LN007",
                    f"例外“{exception.pattern.source}”用不上：没有一句话里它能与 say 重叠；"
                    "要按距离排除，请写 near",
                )


def _excused_away(
    entry: Entry, silent: list[int], phrasebook: Phrasebook
) -> Iterator[LinterFinding]:
    alone = Matcher(replace(phrasebook, entries=(replace(entry, unless=()),), steps=()))
    excused = [
        index
        for index in silent
        if any(
            _hits(entry, text, alone)
            for text in samples(entry.say[index], phrasebook, MOST_SAMPLES)
        )
    ]
    if len(excused) == len(entry.say):
        yield _finding(
            entry, Level.ERROR, "LN006", "unless 把所有 say 都排除了，这条规则永远不会命中"
        )
        return
    for index in excused:
        yield _finding(
            entry,
            Level.ERROR,
            "LN006",
            f"“{entry.say[index].source}”永远不会命中：它的每一种说法都被 unless 排除了",
        )


def _can_touch(exception: Pattern, said: list[str], gap: int, phrasebook: Phrasebook) -> bool:
    texts = samples(exception, phrasebook, MOST_SAMPLES)
    if len(texts) == MOST_SAMPLES or gap or widest_gap(exception.root):
        return True
    folded = [fold(text) for text in said]
    return any(_overlap(fold(text), other) for text in texts for other in folded)


def _overlap(left: str, right: str) -> bool:
    if left in right or right in left:
        return True
    shared = range(1, min(len(left), len(right)))
    return any(left.endswith(right[:size]) or right.endswith(left[:size]) for size in shared)


def _within(text: str, line: int, line_of: dict[str, int]) -> int | None:
    """Another line one of whose ways of saying stands inside `text`."""
    for begin in range(len(text)):
        for end in range(begin + 1, len(text) + 1):
            other = line_of.get(text[begin:end])
            if other is not None and other != line:
                return other
    return None


def _also_hit(
    entry: Entry, texts: list[str], matcher: Matcher, entries: dict[str, Entry]
) -> list[str]:
    """Other entries about the same speaker that every one of `texts` hits."""
    always: set[str] | None = None
    for text in texts:
        hit = {
            match.owner
            for match in matcher.find(text)
            if match.kind == "entry" and _same_speaker(entry, entries[match.owner])
        }
        always = hit - {entry.id} if always is None else always & hit
        if not always:
            return []
    return sorted(always or ())


def _same_speaker(one: Entry, other: Entry) -> bool:
    return Speaker.ANY in (one.who, other.who) or one.who is other.who


def _hits(entry: Entry, text: str, matcher: Matcher) -> bool:
    return any(m.kind == "entry" and m.owner == entry.id for m in matcher.find(text))


def _finding(entry: Entry, level: Level, code: str, message: str) -> LinterFinding:
    return LinterFinding(
        level=level, code=code, where=entry.where, message=f"规则 {entry.id}：{message}"
    )
