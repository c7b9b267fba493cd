"""What is known of a call beside its sound, and whether a condition on it holds.

A condition is true, false, or unknown: what nobody told is neither, and a rule whose condition is
unknown does not apply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from phrasebook.conditions import All, Compare, Either, Named, Node, Not, Op, SaidCondition
from phrasebook.durations import read_duration
from phrasebook.model import Phrasebook, Script
from qa_engine.rules.directions import DIRECTIONS

__all__ = [
    "DURATION_NAMES",
    "NOTHING_KNOWN",
    "TIME_NAMES",
    "CallRecord",
    "Question",
    "against",
    "as_number",
    "chosen_script",
    "compared",
    "folded",
    "in_time",
    "is_fixed",
    "known_fields",
    "plain",
]

Said = Callable[[SaidCondition], bool | None]
"""Whether something was said as a condition asks; None: nobody knows yet."""

DURATION_NAMES = frozenset(("时长", "通话时长", "duration"))
TIME_NAMES = frozenset(("时刻", "时段", "开始时刻", "time"))
_FIELDS = {
    **dict.fromkeys(("方向", "呼叫方向", "direction"), "direction"),
    **dict.fromkeys(("坐席", "工号", "agent"), "agent"),
    **dict.fromkeys(("班组", "技能组", "team"), "team"),
    **dict.fromkeys(("客户", "customer"), "customer"),
}
_ENDED_BY = frozenset(
    ("挂机方", "挂断方", "结束方", "释放方", "挂机人", "endedby", "hangupby", "releasedby")
)
"""Who hung up, as telephone systems head it."""
_PARTIES = {
    **dict.fromkeys(("坐席", "座席", "客服", "员工", "agent"), "agent"),
    **dict.fromkeys(("客户", "用户", "customer", "client"), "customer"),
    **dict.fromkeys(("系统", "system", "平台"), "system"),
}
_SIDES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("主叫", "主叫方", "caller"), ("customer", "agent")),
    **dict.fromkeys(("被叫", "被叫方", "callee"), ("agent", "customer")),
}
"""Of an inbound call, and of an outbound one."""
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """As the telephone system tells it; `data` by the site's own headings."""

    agent: str = ""
    team: str = ""
    customer: str = ""
    direction: str = ""
    started_at: datetime | None = None
    """With the site's zone."""
    data: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What is told under a name, the site's own headings first; empty where nothing is."""
        wanted = folded(name)
        titled = {folded(title): value for title, value in self.data.items()}
        if told := titled.get(wanted):
            return told
        if wanted in _ENDED_BY:
            return next((value for title, value in titled.items() if title in _ENDED_BY), "")
        known = _FIELDS.get(wanted)
        return str(getattr(self, known)) if known else ""


NOTHING_KNOWN = CallRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call as a condition may ask about it, finished or not."""

    record: CallRecord
    named: Mapping[str, Node] = field(default_factory=dict)
    now_ms: int = 0
    duration_ms: int | None = None
    """None while the call runs."""
    known: dict[int, bool | None] = field(default_factory=dict)
    """What the record answered already, by the identity of a comparison: it does not change."""

    def holds(self, node: Node, said: Said) -> bool | None:
        """True, False or None (unknown)."""
        match node:
            case Not(body):
                inner = self.holds(body, said)
                return None if inner is None else not inner
            case All(parts):
                found = [self.holds(part, said) for part in parts]
                return False if False in found else None if None in found else True
            case Either(parts):
                found = [self.holds(part, said) for part in parts]
                return True if True in found else None if None in found else False
            case Named(name):
                return self.holds(self.named[name], said) if name in self.named else None
            case SaidCondition():
                return said(node)
            case Compare():
                if id(node) in self.known:
                    return self.known[id(node)]
                return self._compare(node)

    def _compare(self, node: Compare) -> bool | None:
        name = folded(node.name)
        if name in DURATION_NAMES and not self.record.data.get(node.name):
            return self._lasts(node.op, node.values[0])
        found = self.known[id(node)] = self._told(node, name)
        return found

    def _told(self, node: Compare, name: str) -> bool | None:
        if name in TIME_NAMES:
            return self._starts(node)
        told = self.record.value(node.name)
        if not told:
            return None
        values = node.values
        if name in _ENDED_BY:
            told = _party(told, self.record.direction)
            values = tuple(_party(value, self.record.direction) for value in values)
        found = [against(told, node.op, value) for value in values]
        if node.op is Op.UNEQUAL:
            return False if False in found else None if None in found else True
        return True if True in found else None if None in found else False

    def _lasts(self, op: Op, typed: str) -> bool | None:
        """The call's length; of a running one only what more time cannot change."""
        limit = read_duration(typed)
        if limit is None:
            return None
        if self.duration_ms is not None:
            return compared(float(self.duration_ms), op, float(limit))
        reached = compared(float(self.now_ms), op, float(limit))
        if op in (Op.ABOVE, Op.AT_LEAST):
            return True if reached else None
        return False if op in (Op.BELOW, Op.AT_MOST) and not reached else None

    def _starts(self, node: Compare) -> bool | None:
        """`时刻 = 09:00-18:00`, `时刻 >= 18:00`, by the clock of the call's zone."""
        moment = self.record.started_at
        if moment is None:
            return None
        minute = moment.hour * 60 + moment.minute
        found = [in_time(minute, node.op, value) for value in node.values]
        return None if None in found else any(found)


def is_fixed(node: Node, named: Mapping[str, Node]) -> bool:
    """Whether the answer is known when the call begins, and stays so."""
    match node:
        case Not(body):
            return is_fixed(body, named)
        case All(parts) | Either(parts):
            return all(is_fixed(part, named) for part in parts)
        case Named(name):
            return name not in named or is_fixed(named[name], named)
        case SaidCondition():
            return False
        case Compare():
            return folded(node.name) not in DURATION_NAMES


def chosen_script(book: Phrasebook, name: str, record: CallRecord) -> str:
    """The script named, or else the first that says it is for such a call; empty: the default."""
    if name:
        return name
    question = Question(
        record=record, named={name: one.root for name, one in book.conditions.items()}
    )
    return next((script.id for script in book.scripts if _is_for(script, question)), "")


def _is_for(script: Script, question: Question) -> bool:
    condition = script.condition
    return condition is not None and question.holds(condition.root, lambda _: None) is True


def known_fields() -> tuple[str, ...]:
    """Names that every call has a place for, whatever the site's own headings are."""
    return (*_FIELDS, *sorted(DURATION_NAMES), *sorted(TIME_NAMES), *sorted(_ENDED_BY))


_AMOUNT = re.compile(
    r"[¥$]?\s*(?P<number>-?(?:0?\d|[1-9][\d,]*)(?:\.\d+)?)\s*"
    r"(?P<unit>|%|‰|元|块|万元|万|折|岁|级|星|分|次|天|日|年|个月|小时|分钟|秒|期|人|个|件)"
)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name without signs, spaces, case and full-width forms: 客户 等级 and 客户等级 are one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def against(told: str, op: Op, value: str) -> bool | None:
    """What is told of a call against what a condition asks; None where they cannot be compared."""
    here, there = plain(told), plain(value)
    if op is Op.HOLDS:
        return there in here
    if op in (Op.EQUAL, Op.UNEQUAL):
        return (here == there or _same_amount(here, there)) is (op is Op.EQUAL)
    left, right = as_number(here), as_number(there)
    return None if left is None or right is None else compared(left, op, right)


def plain(text: str) -> str:
    """A value as it is compared: half-width, lower case, directions by their English name."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return DIRECTIONS.get(folded, folded)


def _party(text: str, direction: str) -> str:
    """坐席挂机, agent, 被叫 of an inbound call: the agent."""
    word = re.sub(r"(挂机|挂断|释放|结束|hangup)$", "", folded(text))
    inbound, outbound = _SIDES.get(word, (word, word))
    side = {"inbound": inbound, "outbound": outbound}.get(plain(direction), word)
    return _PARTIES.get(side, side)


def as_number(text: str) -> float | None:
    """A number with what stands around it: 3.5%, 1,200 元, VIP 3."""
    found = re.fullmatch(r"\D{0,10}?(-?\d[\d,]*(?:\.\d+)?)\s*\D{0,4}", text)
    return float(found[1].replace(",", "")) if found else None


def _same_amount(one: str, other: str) -> bool:
    """1,200 元 is 1200 and 3.5% is 3.5; T001 is not 1, nor 安行2号 any other 2号.

    Digits in a name are part of it, and so are zeros before them: those compare as text. A level or
    a month may be written 03.
    """
    left, right = _AMOUNT.fullmatch(one), _AMOUNT.fullmatch(other)
    if left is None or right is None:
        return False
    units = {left["unit"], right["unit"]} - {""}
    return len(units) < 2 and _exactly(left["number"]) == _exactly(right["number"])


def _exactly(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))


def compared(left: float, op: Op, right: float) -> bool | None:
    """Two numbers by an operator; None for one that compares no numbers."""
    match op:
        case Op.EQUAL:
            return left == right
        case Op.UNEQUAL:
            return left != right
        case Op.ABOVE:
            return left > right
        case Op.AT_LEAST:
            return left >= right
        case Op.BELOW:
            return left < right
        case Op.AT_MOST:
            return left <= right
        case Op.HOLDS:
            return None


def in_time(minute: int, op: Op, typed: str) -> bool | None:
    """A minute of the day against 9:00 or 22:00-06:00; None where no time is written."""
    ends = [int(hour) * 60 + int(rest) for hour, rest in _CLOCK.findall(typed)]
    if len(ends) == 2 and op in (Op.EQUAL, Op.UNEQUAL):
        begin, end = ends
        # 22:00-06:00 goes over midnight.
        inside = begin <= minute < end if begin <= end else not end <= minute < begin
        return inside is (op is Op.EQUAL)
    return compared(minute, op, ends[0]) if len(ends) == 1 else None
