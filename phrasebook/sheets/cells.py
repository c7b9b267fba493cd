"""The small notation of cells that hold more than a text.

unless      不是不知道
            near 20: 历史业绩 // 仅供参考
            before 60s 客户: 收到 // 好的
before      60s 客户: 投诉
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phrasebook.model import Where
from phrasebook.nodes import Fields, Items, Scalar, Value
from phrasebook.sheets.layout import Holds
from phrasebook.words import SPEAKERS

_OR = " // "
_NEAR = re.compile(r"(?:near|临近)\s*([^:：\s]*?)\s*字?\s*[:：](.*)", re.DOTALL)
_RELATION = re.compile(r"(before|after|此前|此后)\s*([^:：]*)[:：](.*)", re.DOTALL)
_ENGLISH = {"此前": "before", "此后": "after"}
_EXCUSES = ("near", "临近", "before", "after", "此前", "此后")
_SPAN = re.compile(r"\d+(?:\.\d+)?(?:ms|s|min|毫秒|秒|分钟|分|句|turns?)")
_QUOTES = '"“”＂'


def read_cell(text: str, holds: Holds, where: Where) -> Value:
    """The value of a cell, in the shape the YAML form of it has."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    match holds:
        case Holds.ONE:
            return Scalar(text, where)
        case Holds.MANY:
            return Items(tuple(Scalar(line, where) for line in lines), where)
        case Holds.UNLESS:
            return Items(tuple(_read_excuse(line, where) for line in lines), where)
        case Holds.RELATIONS:
            return Items(tuple(_read_relation(line, where) for line in lines), where)


def misread(text: str, holds: Holds) -> Iterator[tuple[str, str]]:
    """(line, what was meant) of lines that name a speaker or a time, or near, and lack the colon:
    they would be taken for words that somebody says.
    """
    for line in (line.strip() for line in text.split("\n")):
        if ":" in line or "：" in line:
            continue
        word, _, rest = line.partition(" ")
        if holds is Holds.RELATIONS and (meant := _relation_meant(line)):
            yield line, meant
        elif holds is Holds.UNLESS and rest.strip() and word in _EXCUSES:
            near = word in ("near", "临近")
            yield (
                line,
                f"{word}: {rest}" if near else f"{word} {_relation_meant(rest) or ': ' + rest}",
            )


def _relation_meant(line: str) -> str:
    """`客户 不需要 2句` → `2句 客户: 不需要`; empty where no word names a speaker or a time."""
    words = line.split()
    head = [word for word in words if word in SPEAKERS or _SPAN.fullmatch(word)]
    said = [word for word in words if word not in head]
    if not head or not said:
        return ""
    return f"{' '.join(sorted(head, key=lambda word: word in SPEAKERS))}: {' '.join(said)}"


def _read_excuse(line: str, where: Where) -> Value:
    if near := _NEAR.fullmatch(line):
        fields: dict[str, Value] = {"near": _says(near[2], where)}
        if near[1]:
            fields["within"] = Scalar(near[1], where)
        return Fields(fields, where)
    if relation := _RELATION.fullmatch(line):
        key = _ENGLISH.get(relation[1], relation[1])
        return Fields({key: _read_relation(f"{relation[2]}:{relation[3]}", where)}, where)
    return Scalar(line, where)


def _read_relation(line: str, where: Where) -> Fields:
    """`60s 客户: 甲 // 乙`; what is neither a speaker nor a time is told as a wrong time."""
    found = re.match(r"([^:：]*)[:：](.*)", line, re.DOTALL)
    head, says = (found[1], found[2]) if found else ("", line)
    fields: dict[str, Value] = {"say": _says(says, where)}
    for word in head.split():
        is_speaker = word in SPEAKERS
        fields["who" if is_speaker else "within"] = Scalar(word, where)
    return Fields(fields, where)


def _says(text: str, where: Where) -> Items:
    """Alternatives parted by //, which inside quotes is only itself."""
    parts, quoted, begin = [], False, 0
    for at, char in enumerate(text):
        if char in _QUOTES:
            quoted = not quoted
        elif not quoted and text.startswith("//", at) and at >= begin:
            parts.append(text[begin:at])
            begin = at + 2
    parts.append(text[begin:])
    return Items(tuple(Scalar(part, where) for part in parts), where)


def write_cell(value: Any, holds: Holds) -> str:
    """The text of a cell, from the plain form of its value."""
    match holds:
        case Holds.ONE:
            return _write_one(value)
        case Holds.MANY:
            return "\n".join(value)
        case Holds.UNLESS:
            return "\n".join(map(_write_excuse, value))
        case Holds.RELATIONS:
            return "\n".join(map(_write_relation, value))


def _write_one(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _write_excuse(excuse: Any) -> str:
    if isinstance(excuse, str):
        return excuse
    if "near" in excuse:
        return f"near {excuse['within']}: {_OR.join(excuse['near'])}"
    key = "before" if "before" in excuse else "after"
    return f"{key} {_write_relation(excuse[key])}"


def _write_relation(relation: Any) -> str:
    return f"{relation['within']} {relation['who']}: {_OR.join(relation['say'])}"
