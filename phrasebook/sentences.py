"""What is wrong with a pack, said in Chinese: each English sentence has its pattern beside it.

`sentences_zh.json` holds every sentence that the loader can say, its values as `{0}`, `{1}` in the
order in which they stand; a test reads the loader's own source and misses none. A value may itself
be a sentence, or a word such as `a mapping`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["in_chinese", "sentences"]

_HOLE = re.compile(r"\\\{(\d)\\\}")
_GUESS = re.compile(r"; did you mean '(.+?)'\?")
_OWNER = re.compile(
    r"(an? )?(entry|step|script|condition|score item|list|pack|scorecard|conduct|judgeable|anatomy"
    r"|the file|lists|conditions|item)(?: '([^']*)')?((?:, \w+)*)"
)
_OWNERS = {
    "entry": "规则",
    "step": "步骤",
    "script": "流程",
    "condition": "条件",
    "conditions": "条件",
    "score item": "评分项",
    "item": "评分项",
    "list": "名单",
    "lists": "名单",
    "pack": "话术库",
    "scorecard": "评分表",
    "conduct": "行为标准",
    "judgeable": "可评标准",
    "anatomy": "录音提示",
    "the file": "文件",
}
_WORDS = {
    "nothing": "空",
    "a single value": "单个值",
    "a list": "列表",
    "a mapping": "“键: 值”",
    "alias": "引用",
    "anchor": "锚点",
    **{word: meaning for word, meaning in _OWNERS.items() if word in ("entry", "step", "script")},
}


def in_chinese(message: str) -> str:
    """The sentence in Chinese; as it is where nobody wrote one."""
    guess = _GUESS.search(message)
    hint = f"；是不是“{guess[1]}”？" if guess else ""
    plain = _GUESS.sub("", message)
    for ending, chinese in sentences().items():
        if ending.startswith(";") and plain.endswith(ending):
            plain, hint = plain.removesuffix(ending), chinese + hint
    if plain in _WORDS:
        return _WORDS[plain] + hint
    owner, _, rest = plain.partition(": ")
    if rest and (named := _owner(owner)) and (told := _told(rest)) is not None:
        return f"{named}：{told}{hint}"
    told = _told(plain)
    return (plain if told is None else told) + hint


@cache
def sentences() -> Mapping[str, str]:
    """English patterns with their Chinese ones."""
    text = (Path(__file__).parent / "sentences_zh.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def _told(message: str) -> str | None:
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(message)
        if found is not None:
            told = chinese
            for number, value in found.groupdict().items():
                told = told.replace(f"{{{number[1:]}}}", _value(value))
            return told
    return None


def _value(value: str | None) -> str:
    if not value:
        return ""
    if owner := _owner(value):
        return owner
    return in_chinese(value)


def _owner(text: str) -> str:
    found = _OWNER.fullmatch(text)
    if found is None:
        return ""
    name = f"“{found[3]}”" if found[3] else ""
    return f"{_OWNERS[found[2]]}{name}{found[4].replace(', ', ' · ')}"


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Those with most words of their own first, so that the closest one counts."""
    found = []
    for english, chinese in sentences().items():
        pattern = _HOLE.sub(r"(?P<v\1>.*?)", re.escape(english))
        found.append((len(re.sub(r"\{\d\}", "", english)), re.compile(pattern, re.DOTALL), chinese))
    found.sort(key=lambda one: -one[0])
    return [(pattern, chinese) for _, pattern, chinese in found]
