"""Which sheets a phrasebook has, which columns, and what their cells hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from phrasebook.model import Where
from phrasebook.words import (
    AUDIENCES,
    CHARGES,
    KINDS,
    QUOTED,
    SCORERS,
    SEVERITIES,
    SPEAKERS,
    STRICTNESS,
    WRONG_ANSWERS,
)


class Holds(Enum):
    """What a cell holds."""

    ONE = auto()
    MANY = auto()
    """One value a line."""
    UNLESS = auto()
    RELATIONS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its key (also its heading), its Chinese heading, and a note for its author."""

    key: str
    chinese: str
    holds: Holds = Holds.ONE
    note: str = ""
    words: Mapping[str, object] | None = None
    width: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    name: str
    chinese: str
    columns: tuple[Column, ...]


LINES = "每行一条"
SPAN = "30s、2min、500ms、30秒、2分钟"

_ID = Column(
    key="id", chinese="编号", note="字母、数字、汉字、- 和 _；留空则取第一条说法", width=20
)
_TITLE = Column(key="title", chinese="标题", width=20)
_SOURCE = Column(key="source", chinese="依据", note="服务标准条目，如 S1.1", width=8)
_SAY = Column(
    key="say",
    chinese="说法",
    holds=Holds.MANY,
    note=f"{LINES}：[可选] (甲|乙) {{名单}} ... & “原词”",
    width=44,
)
_WHO = Column(key="who", chinese="说话人", note="坐席、客户、任何", words=SPEAKERS, width=8)
_UNLESS = Column(
    key="unless",
    chinese="例外",
    holds=Holds.UNLESS,
    note=f"{LINES}：句式；near 20: 甲 // 乙；before 60s 客户: 甲；after 60s 坐席: 甲",
    width=32,
)
_STRICT = Column(key="strict", chinese="严格度", note="宽、中、严", words=STRICTNESS, width=8)
_SEVERITY = Column(
    key="severity", chinese="级别", note="低、中、高、致命", words=SEVERITIES, width=8
)
_COACH = Column(key="coach", chinese="辅导", width=36)
_POINTS = Column(key="points", chinese="分值", width=8)
_FATAL = Column(key="fatal", chinese="致命项", note="是、否", width=8)
_VOIDS_STEPS = Column(key="voids_steps", chinese="同句步骤作废", note="是、否", width=12)
_IF = Column(key="if", chinese="适用条件", note="方向 = 呼出 且 时长 >= 60s", width=24)
_RECORD = Column(key="record", chinese="对照记录", note="客户姓名、订单号 后4位", width=14)
_HIT = Column(key="hit", chinese="应命中", holds=Holds.MANY, note=LINES, width=36)
_MISS = Column(key="miss", chinese="不应命中", holds=Holds.MANY, note=LINES, width=36)


def _relations(key: str, chinese: str) -> Column:
    note = f"{LINES}，此话必须另有人说过：60s 客户: 甲 // 乙，或 3句 客户: 甲"
    return Column(key=key, chinese=chinese, holds=Holds.RELATIONS, note=note, width=24)


ENTRIES = SheetLayout(
    name="entries",
    chinese="禁用语",
    columns=(
        *(_ID, _TITLE, _SOURCE, _SAY),
        Column(
            key="maybe",
            chinese="线索",
            holds=Holds.MANY,
            note=f"{LINES}：整句话也像时才算命中",
            width=24,
        ),
        _WHO,
        Column(key="kind", chinese="类型", note="禁用、触发", words=KINDS, width=8),
        Column(key="when", chinese="时段", note="first 30s、last 2 turns、前30秒、后2句"),
        *(_UNLESS, _relations("before", "此前"), _relations("after", "此后")),
        Column(key="quoted", chinese="转述", note="跳过、标记", words=QUOTED, width=8),
        Column(
            key="frames",
            chinese="语境",
            holds=Holds.MANY,
            note=f"{LINES}：全部、无，或否定、条件、改口、反问、复述、询问、让步、定语",
            width=12,
        ),
        *(_STRICT, _SEVERITY),
        Column(
            key="audience", chinese="提示对象", note="坐席、主管、复核", words=AUDIENCES, width=10
        ),
        Column(key="suggest", chinese="替代表达", holds=Holds.MANY, note=LINES, width=36),
        *(_COACH, _POINTS, _FATAL, _VOIDS_STEPS, _IF),
        Column(key="times", chinese="次数", note="至少 3 次、最多 2 次", width=10),
        Column(key="limit", chinese="限额", note="百分比 > 3.5、折扣 < 8、金额 > 权限"),
        *(_RECORD, _HIT, _MISS),
    ),
)
STEPS = SheetLayout(
    name="steps",
    chinese="步骤",
    columns=(
        *(_ID, _TITLE, _SOURCE, _SAY, _WHO),
        Column(
            key="anchor",
            chinese="起点",
            note="call_start、call_end、step:编号、hit:编号、hit:编号,编号",
        ),
        Column(key="from", chinese="窗口开始", note=SPAN, width=10),
        Column(key="within", chinese="窗口结束", note=f"{SPAN}、3句", width=10),
        Column(key="after", chinese="须在其后", holds=Holds.MANY, note=f"步骤编号，{LINES}"),
        _UNLESS,
        Column(key="required", chinese="必需", note="是、否", width=8),
        Column(key="prompt", chinese="提示语", width=36),
        *(_COACH, _STRICT, _SEVERITY, _POINTS, _FATAL, _IF),
        *(_RECORD, _HIT, _MISS),
    ),
)
ASKS = SheetLayout(
    name="asks",
    chinese="提问",
    columns=(
        *(_ID, _TITLE, _SOURCE),
        Column(key="ask", chinese="问题", note="用平常话问整通电话", width=44),
        Column(key="who", chinese="问谁", note="坐席、客户、任何", words=SPEAKERS, width=8),
        _IF,
        Column(key="yes", chinese="怎样算是", width=32),
        Column(key="no", chinese="怎样算否", width=32),
        Column(key="na", chinese="怎样算不适用", width=24),
        Column(
            key="wrong",
            chinese="扣分回答",
            note="否（默认）、是，或无",
            words=WRONG_ANSWERS,
            width=8,
        ),
        Column(key="yes_examples", chinese="是的例子", holds=Holds.MANY, note=LINES, width=36),
        Column(key="no_examples", chinese="否的例子", holds=Holds.MANY, note=LINES, width=36),
        Column(key="na_examples", chinese="不适用的例子", holds=Holds.MANY, note=LINES, width=24),
        Column(key="suggest", chinese="建议", holds=Holds.MANY, note=LINES, width=36),
        *(_COACH, _SEVERITY),
        Column(
            key="audience",
            chinese="试行",
            note="复核（默认）：人工确认后才扣分；坐席：精确率已证明，直接扣分",
            words=AUDIENCES,
            width=10,
        ),
        *(_POINTS, _FATAL),
    ),
)
SCRIPTS = SheetLayout(
    name="scripts",
    chinese="流程",
    columns=(
        *(_ID, _TITLE),
        Column(key="steps", chinese="步骤", holds=Holds.MANY, note=f"步骤编号，{LINES}", width=28),
        _IF,
    ),
)
LISTS = SheetLayout(
    name="lists",
    chinese="名单",
    columns=(
        Column(key="name", chinese="名称", width=20),
        Column(key="values", chinese="词语", holds=Holds.MANY, note=LINES, width=44),
    ),
)
SCORECARD = SheetLayout(
    name="scorecard",
    chinese="评分表",
    columns=(
        *(_ID, _TITLE),
        Column(key="group", chinese="维度"),
        _POINTS,
        Column(
            key="feeds",
            chinese="依据项",
            holds=Holds.MANY,
            note=f"{LINES}：条目或步骤编号、conduct.silence，或以 * 结尾的前缀",
            width=32,
        ),
        Column(key="charge", chinese="扣分次数", note="每次、每条一次、每通一次", words=CHARGES),
        Column(key="bonus", chinese="加分", note="最多加几分；写了就不写分值", width=8),
        Column(key="by", chinese="评分人", note="机器、人工", words=SCORERS, width=8),
        _FATAL,
    ),
)
_SETTINGS = (
    Column(key="key", chinese="项目", width=24),
    Column(key="value", chinese="取值", width=24),
)
PACK = SheetLayout(name="pack", chinese="话术库", columns=_SETTINGS)
CONDUCT = SheetLayout(name="conduct", chinese="行为", columns=_SETTINGS)
CONDITIONS = SheetLayout(name="conditions", chinese="条件", columns=_SETTINGS)
JUDGEABLE = SheetLayout(name="judgeable", chinese="可评", columns=_SETTINGS)
ANATOMY = SheetLayout(name="anatomy", chinese="通话结构", columns=_SETTINGS)
MOODS = SheetLayout(name="moods", chinese="情绪", columns=_SETTINGS)

SHEETS = (
    *(PACK, ENTRIES, STEPS, ASKS, SCRIPTS, LISTS, CONDITIONS, CONDUCT, JUDGEABLE, ANATOMY),
    MOODS,
    SCORECARD,
)
NOTES = ("_", "#")
"""A sheet whose name begins so is its authors' own, and is passed over."""

SCORECARD_SETTINGS = ("total", "pass", "caps")
"""Settings of the scorecard that stand on the `pack` sheet, as `scorecard.total`."""


def known_sheet(name: str) -> SheetLayout | None:
    """The sheet of an English or Chinese name."""
    return next((s for s in SHEETS if name.strip().lower() in (s.name, s.chinese)), None)


def letters(column: int) -> str:
    """`A` for the first column (0), `AA` for the 27th."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@dataclass(frozen=True, slots=True)
class Table:
    """The texts of one sheet as they stand in a file; an empty cell is an empty text.

    `path` is the workbook, or the CSV file of this sheet. Rows count from 1, headings included.
    """

    name: str
    path: str
    rows: tuple[tuple[str, ...], ...]

    def where(self, row: int, column: int) -> Where:
        return Where(path=self.path, line=row, cell=f"{self.name}!{letters(column)}{row}")
