"""What can be wrong with a phrasebook, each with a stable code, and how it is told.

PatternError        one line of the pattern language, with its column
PhrasebookErrors    everything wrong with a pack, at once
└── .errors         PhrasebookError(path, line, cell, code, message)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from phrasebook.messages import CHINESE, language, say
from phrasebook.model import Where
from phrasebook.sentences import in_chinese


class Code(StrEnum):
    """Codes never change their meaning and are never used again."""

    doc: str

    def __new__(cls, value: str, doc: str) -> Code:
        member = str.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        return member

    MISSING_PATH = "PB001", "there is no such file or directory"
    EMPTY_PACK = "PB002", "the directory holds no phrasebook file"
    UNREADABLE = "PB003", "the file cannot be read or written"
    ENCODING = "PB004", "the file is not UTF-8 text"
    TOO_LARGE = "PB005", "the file is larger than a phrasebook may be"
    SYNTAX = "PB006", "the file is not valid YAML"
    YAML_FEATURE = "PB007", "YAML anchors, aliases, tags and merge keys are not used in phrasebooks"
    TOO_MUCH = "PB008", "the file is nested too deeply or holds too many values"
    DUPLICATE_KEY = "PB009", "one key is given twice"
    UNKNOWN_KEY = "PB010", "the key is not one that stands here"
    WRONG_TYPE = "PB011", "a list, a mapping or a single value stands where another is expected"
    UNKNOWN_LIST = "PB012", "a pattern uses a {list} that is neither in the pack nor built in"
    MISSING_KEY = "PB013", "a key that must be given is not"
    EMPTY = "PB014", "a value is empty"
    UNKNOWN_CHOICE = "PB015", "the value is not one of the words that may stand here"
    BAD_DURATION = "PB016", "a time such as 30s, 2min, 500ms, 30秒, 2分钟 was expected"
    BAD_NUMBER = "PB017", "a number, or one within limits, was expected"
    BAD_WHEN = "PB018", "`when` says first or last, a number, and s or turns"
    BAD_ID = "PB019", "an id holds letters, digits, Chinese characters, - and _ only"
    DUPLICATE_ID = "PB020", "two entries, steps, scripts or score items have one id"
    SECOND_SECTION = "PB021", "a section such as pack or scorecard stands once in a phrasebook"
    BAD_CHARACTER = "PB022", "a text holds a control character"
    BAD_FLAG = "PB023", "yes or no (是, 否, true, false) was expected"
    PATTERN = "PB030", "a line of the pattern language cannot be read"
    TOO_MANY_VARIANTS = "PB031", "a pattern stands for more variants than one line may"
    LIST_TOO_RICH = "PB032", "a list's value may use [ ] and ( | ) only"
    BUILTIN_LIST = "PB033", "a list of the pack takes the name of a built-in one"
    QUOTED_BY_YAML = "PB034", "YAML read a pattern as a list or a mapping: it needs quotes"
    UNKNOWN_STEP = "PB040", "there is no step of that id"
    UNKNOWN_ENTRY = "PB041", "there is no entry of that id"
    UNKNOWN_FEED = "PB042", "a score item names no entry, step or conduct check of the pack"
    UNKNOWN_SCRIPT = "PB043", "there is no script of that id"
    BAD_ANCHOR = "PB044", "an anchor is call_start, call_end, step:ID, hit:ID or hit:ID,ID"
    CYCLE = "PB045", "steps wait for each other in a circle"
    SCRIPT_ORDER = "PB046", "a script lists a step before one it must come after"
    NO_SUGGESTION = "PB050", "a forbidden entry does not say what to say instead"
    BAD_WINDOW = "PB051", "a window of time contradicts itself: nothing can be said in it"
    SCORE_SUM = "PB052", "the points of the scorecard do not add up to its total"
    STEP_RELATION = "PB053", "a step's `unless` holds patterns and `near` only"
    TEST_TWICE = "PB054", "one sentence is a `hit` and a `miss` test"
    BAD_CONDITION = "PB055", "an `if` is no condition such as 方向 = 呼出 且 时长 >= 60s"
    UNKNOWN_CONDITION = "PB056", "an `if` names a condition that the pack does not have"
    BAD_TIMES = "PB057", "`times` says 至少 or 最多 and a number"
    BAD_LIMIT = (
        "PB058",
        "`limit` compares 百分比, 折扣, 金额 or 数字 with a number or a call's data",
    )
    BAD_CAPS = "PB059", "`caps` names groups of the scorecard, each with its points"
    BAD_RECORD = "PB064", "`record` names a heading of the call's data, perhaps with 后4位"
    CONDITION_CIRCLE = "PB065", "the conditions of rules ask for each other in a circle"
    BAD_ITEM = "PB066", "a score item says one of feeds, a person (by: 人工) or a bonus"
    UNKNOWN_SHEET = "PB060", "the workbook or folder holds a sheet that is not known"
    BAD_WORKBOOK = "PB061", "the file is not a workbook that can be read"
    NO_HEADER = "PB062", "a sheet's first row does not name its columns"
    CELL_TOO_LONG = "PB063", "a text is longer than a cell can hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasebookError:
    """One mistake: `rules.yaml:41: [PB012] …` or `book.xlsx[entries!B7]: [PB012] …`."""

    path: str
    line: int
    code: Code
    message: str
    cell: str = ""

    def __str__(self) -> str:
        if self.cell:
            place = f"{self.path}[{self.cell}]"
        else:
            place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: [{self.code}] {self.sentence()}"

    def sentence(self) -> str:
        """What is wrong, without its place and code, in the reader's language."""
        if language() == CHINESE:
            told, kind = in_chinese(self.message), say(self.code.doc)
            return told if told.startswith(kind) else f"{kind}（{told}）"
        return self.message


class PhrasebookErrors(Exception):
    """Everything wrong with a pack; `str()` tells one mistake a line, in the order of the files."""

    def __init__(self, errors: Iterable[PhrasebookError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))


class PatternError(ValueError):
    """A line of the pattern language that cannot be read; `column` counts characters from 1."""

    def __init__(self, column: int, message: str) -> None:
        self.column = column
        self.message = message
        super().__init__(f"column {column}: {message}")


class Problems:
    """Gathers mistakes, so that one run tells them all."""

    def __init__(self) -> None:
        self._errors: dict[PhrasebookError, None] = {}

    def add(self, where: Where, code: Code, message: str) -> None:
        """Tell one; the same mistake at the same place is told once."""
        error = PhrasebookError(
            path=where.path, line=where.line, cell=where.cell, code=code, message=message
        )
        self._errors[error] = None

    def __len__(self) -> int:
        return len(self._errors)

    def raise_any(self) -> None:
        """Raise `PhrasebookErrors` when there is at least one."""
        if self._errors:
            raise PhrasebookErrors(
                sorted(self._errors, key=lambda e: (e.path, e.cell.split("!")[0], e.line))
            )
