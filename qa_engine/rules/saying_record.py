"""Whether something of a call's record was said, and said right: a name, a number, an amount.

张薇       张威, 张女士 (heard by sound; a surname with a title will do)
8801-3302  八八零一，三三零二   尾号3302 where only the last four are asked for
3600       三千六百块
"""

from __future__ import annotations

import re
import unicodedata

from phrasebook.limits import Quantity
from phrasebook.spoken_record import SpokenRecord
from qa_engine.matching.text.characters import characters
from qa_engine.matching.text.normalise import fold
from qa_engine.rules.spoken_quantities import quantities

__all__ = ["SPOKEN_ON_MS", "says"]

SPOKEN_ON_MS = 10_000
"""What the same speaker still says this soon after the words of a rule belongs to them."""

_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")}
_DIGITS |= {"幺": "1", "两": "2", "〇": "0"}
_BETWEEN_DIGITS = re.compile(r"[\s,，.。、;；:：\-—_/嗯呃啊哦]+")
_MORE = "[0-9十百千万点]"
_TITLES = "先生|女士|小姐|太太|老师|总|经理|阿姨|叔叔|大哥|大姐|师傅|同学|老板"
_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_DOUBLE_SURNAMES = frozenset(("欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟"))


def says(text: str, told: str, record: SpokenRecord) -> bool:
    """Whether `text` says what is `told` under the heading of `record`, in any writing."""
    value = unicodedata.normalize("NFKC", told).strip()
    if any(char.isascii() and char.isdigit() for char in value):
        return _says_number(text, value, record.last)
    wanted = fold(value)[-record.last :]
    # Of a stored call the name is covered, and its length is all that can be read.
    covered = re.search(rf"(?<!\*)\*{{{len(wanted)}}}(?!\*)", text) if wanted else None
    return bool(wanted) and bool(
        covered or _sounds_in(wanted, fold(text)) or _says_surname(value, text)
    )


def _says_number(text: str, value: str, last: int) -> bool:
    wanted = re.sub(r"[^0-9a-z]", "", value.lower())[-last:]
    plain = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text).lower())
    digits = "".join(_DIGITS.get(char, char) for char in plain)
    # Of a longer number only the end will do, and only where the end is asked for.
    before = "" if last else f"(?<!{_MORE})"
    if wanted and re.search(f"{before}{re.escape(wanted)}(?!{_MORE})", digits):
        return True
    amount = re.fullmatch(r"([0-9][0-9,]*(?:\.[0-9]+)?)\s*(?:元|块|¥|￥)?", value)
    if amount is None or last:
        return False
    number = float(amount[1].replace(",", ""))
    kinds = (Quantity.AMOUNT, Quantity.NUMBER)
    return any(number in quantities(text, kind, 0, len(text)) for kind in kinds)


def _says_surname(value: str, text: str) -> bool:
    """刘敏 as 刘女士."""
    if not _NAME.fullmatch(value):
        return False
    surname = value[:2] if value[:2] in _DOUBLE_SURNAMES else value[0]
    return any(_sounds_in(fold(surname + title), fold(text)) for title in _TITLES.split("|"))


def _sounds_in(wanted: str, text: str) -> bool:
    """Whether the same syllables stand in a text: 张威 for 张薇."""
    table = characters()
    sounds, heard = (
        [set(table.readings.get(char, ())) or {-ord(char)} for char in said]
        for said in (wanted, text)
    )
    size = len(sounds)
    return any(
        all(one & other for one, other in zip(sounds, heard[at : at + size], strict=True))
        for at in range(len(heard) - size + 1)
    )
