"""Conditions that can never be true or ask for what nobody tells; limits that nothing breaks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from phrasebook.condition_order import asked_rules
from phrasebook.conditions import Compare, Condition, Named, Node, Op, walk
from phrasebook.durations import read_duration
from phrasebook.limits import Limit, Quantity
from phrasebook.model import Ask, Entry, Phrasebook, Script, Step, Where
from phrasebook.reach import ANY_TIME_BEFORE, Side
from phrasebook.slots import slots
from qa_engine.matching.linting.findings import Level, LinterFinding
from qa_engine.matching.linting.samples import widest_gap
from qa_engine.matching.linting.satisfiable import can_hold
from qa_engine.rules.record import (
    DURATION_NAMES,
    TIME_NAMES,
    as_number,
    folded,
    in_time,
    known_fields,
    plain,
)

__all__ = ["conditions_at_odds"]

ALIKE = 60
"""Two headings of about one length this much alike (0-100) may be one of them mistyped."""
_NUMBERS = frozenset(("数字", "百分比", "金额", "时间", "电话"))


@dataclass(frozen=True, slots=True)
class _Use:
    """A condition and whose it is."""

    owner: str
    condition: Condition
    where: Where
    has_place: bool
    """Whether it is asked of a hit, which has something before and after it."""
    at_start: bool = False


def conditions_at_odds(phrasebook: Phrasebook) -> Iterator[LinterFinding]:
    """Every remark on `if`, `conditions`, `limit` and `record`."""
    named = {name: one.root for name, one in phrasebook.conditions.items()}
    uses = list(_uses(phrasebook))
    for use in uses:
        yield from _dead(use, named)
        yield from _misplaced(use, named)
        for part in walk(use.condition.root):
            if isinstance(part, Compare):
                yield from _values(use, part)
    yield from _unused(phrasebook, uses)
    yield from _unknown_names(phrasebook, uses)
    for entry in phrasebook.entries:
        yield from _limits(entry)


def _uses(book: Phrasebook) -> Iterator[_Use]:
    rules: list[tuple[str, Entry | Step | Ask | Script]] = [
        *(("规则", entry) for entry in book.entries),
        *(("步骤", step) for step in book.steps),
        *(("提问", ask) for ask in book.asks),
        *(("流程", script) for script in book.scripts),
    ]
    for word, rule in rules:
        if rule.condition is not None:
            where = rule.condition.where or rule.where
            has_place, is_script = isinstance(rule, Entry), isinstance(rule, Script)
            yield _Use(f"{word} {rule.id}", rule.condition, where, has_place, is_script)
    for name, condition in book.conditions.items():
        if condition.where is not None:
            yield _Use(f"条件 {name}", condition, condition.where, True)


def _dead(use: _Use, named: Mapping[str, Node]) -> Iterator[LinterFinding]:
    if not can_hold(use.condition.root, named):
        yield _told(use, Level.ERROR, "LN011", "永远不成立，各项要求互相矛盾；请改条件")
    elif not can_hold(use.condition.root, named, truth=False):
        yield _told(use, Level.WARNING, "LN012", "总是成立，等于没写；请删掉，或看看是否写反了")


def _misplaced(use: _Use, named: Mapping[str, Node]) -> Iterator[LinterFinding]:
    for asked in asked_rules(use.condition.root, named):
        if use.at_start:
            yield _told(
                use, Level.ERROR, "LN011", "永远不成立：流程在通话一开始就选定，那时还没有人说过话"
            )
        elif not use.has_place and asked.reach not in (ANY_TIME_BEFORE, _WHOLE):
            yield _told(
                use,
                Level.WARNING,
                "LN015",
                f"里的“{asked.reach}”没有作用：步骤和提问看的是整通电话，请去掉",
            )


_WHOLE = type(ANY_TIME_BEFORE)(Side.WHOLE)


def _values(use: _Use, part: Compare) -> Iterator[LinterFinding]:
    """Values that a field never has."""
    name = folded(part.name)
    for value in part.values:
        expected = ""
        if name in TIME_NAMES and in_time(0, part.op, value) is None:
            expected = "时刻，如 09:00-18:00 或 >= 18:00"
        elif name in DURATION_NAMES and read_duration(value) is None:
            expected = "时长，如 60s 或 2分钟"
        elif name in ("方向", "呼叫方向", "direction") and plain(value) not in _DIRECTIONS:
            expected = "呼入、呼出或内部"
        elif part.op in (Op.ABOVE, Op.AT_LEAST, Op.BELOW, Op.AT_MOST) and name not in (
            DURATION_NAMES | TIME_NAMES
        ):
            expected = "" if as_number(plain(value)) is not None else "数字"
        if expected:
            told = f"里“{part.name}”与“{value[:20]}”比较，永远不成立；应写{expected}"
            yield _told(use, Level.ERROR, "LN011", told)


_DIRECTIONS = frozenset(("inbound", "outbound", "internal"))


def _unused(book: Phrasebook, uses: list[_Use]) -> Iterator[LinterFinding]:
    used = {
        part.name for use in uses for part in walk(use.condition.root) if isinstance(part, Named)
    }
    for name, condition in book.conditions.items():
        if name not in used and condition.where is not None:
            yield LinterFinding(
                level=Level.INFO,
                code="LN013",
                where=condition.where,
                message=f"条件 {name}：没有规则用到它；请在 if 里写上它的名字，或删掉",
            )


def _unknown_names(book: Phrasebook, uses: list[_Use]) -> Iterator[LinterFinding]:
    """A heading that is nearly a known one, or nearly one that others of the pack ask for."""
    asked = [
        (use, part.name)
        for use in uses
        for part in walk(use.condition.root)
        if isinstance(part, Compare)
    ]
    often = Counter(folded(name) for _, name in asked)
    for entry in book.entries:
        if entry.limit is not None and entry.limit.name:
            often[folded(entry.limit.name)] += 1
        if entry.record is not None:
            often[folded(entry.record.name)] += 1
    known = set(known_fields())
    for use, name in asked:
        mine = folded(name)
        if mine in known:
            continue
        others = [one for one, times in often.items() if one != mine and times > often[mine]]
        alike = [one for one in (*sorted(known), *sorted(others)) if _may_be(mine, one)]
        near = process.extractOne(mine, alike, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if near is not None:
            yield _told(
                use,
                Level.WARNING,
                "LN016",
                f"用到通话数据“{name}”；是不是“{near[0]}”？没有这个数据的通话，规则不生效",
            )


def _may_be(typed: str, known: str) -> bool:
    """客户等级 is no mistyped 客户."""
    shorter = min(len(typed), len(known))
    apart = abs(len(typed) - len(known))
    return apart <= (1 if shorter > 3 else 0) and typed not in known and known not in typed


def _limits(entry: Entry) -> Iterator[LinterFinding]:
    limit = entry.limit
    if limit is None:
        return
    has_number = any(
        set(slots(line)) & _NUMBERS
        or widest_gap(line.root)
        or re.search(r"\d", line.source)
        or any(char in "一二三四五六七八九十百千万半" for char in line.source)
        for line in entry.say
    )
    if not has_number:
        yield LinterFinding(
            level=Level.ERROR,
            code="LN014",
            where=entry.where,
            message=f"规则 {entry.id}：限额永远不会超：说法里没有数字；请写上 {{{limit.quantity}}}",
        )
    elif not limit.name and _never_broken(limit):
        yield LinterFinding(
            level=Level.ERROR,
            code="LN014",
            where=entry.where,
            message=f"规则 {entry.id}：没有{limit.quantity}会“{limit.op} {limit.value:g}”，"
            "规则永远不会命中；请改限额",
        )


def _never_broken(limit: Limit) -> bool:
    most = 10.0 if limit.quantity is Quantity.DISCOUNT else float("inf")
    match limit.op:
        case Op.BELOW:
            return limit.value <= 0
        case Op.AT_MOST:
            return limit.value < 0
        case Op.ABOVE:
            return limit.value >= most
        case _:
            return limit.value > most or limit.value < 0


def _told(use: _Use, level: Level, code: str, message: str) -> LinterFinding:
    typed = use.condition.source[:60]
    return LinterFinding(
        level=level, code=code, where=use.where, message=f"{use.owner}：条件“{typed}”{message}"
    )
