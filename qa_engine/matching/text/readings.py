"""The same text as it might have been said without its surface.

    我这边呢，呃，也不清楚    hesitation and 呢 left out
    我我我不不知道            stutter
    这个真没法儿弄            儿
    我是真的一点都不知道      intensifiers between who and not
    俺不晓得 / no idea        words of a dialect, or English ones (tables/surface.txt)

Each is a reading beside the text, never instead of it: a phrase that needs the words still finds
them in the text itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from qa_engine.matching.text.characters import TABLES
from qa_engine.matching.text.normalise import Normalised

__all__ = ["other_readings"]

_SOUNDS = "嗯呃额啊哦噢喔唉哎诶欸呀嘛哈呢"
_SOUNDS_OF_HESITATION = re.compile(f"[{_SOUNDS}]+")
_WORDS_OF_HESITATION = re.compile(f"(?:[{_SOUNDS}]|那个|这个|就是说|就是|然后|怎么说呢|反正)+")
_HESITATION = re.compile(f"[{_SOUNDS}]|[那这]个|就是|然后|怎么说呢|反正")

_NO_STUTTER = (
    "谢谢|慢慢|看看|刚刚|常常|天天|人人|往往|多多|好好|试试|等等|想想|听听|说说|问问|查查|妈妈|爸爸"
    "|爷爷|奶奶|哥哥|姐姐|弟弟|妹妹|太太|宝宝|拜拜|仅仅|稍稍|渐渐|偏偏|明明|白白|清清楚楚|[一-十]个个"
)
_STUTTER = re.compile(
    f"(?!{_NO_STUTTER})([^\\W\\da-z零一二三四五六七八九十百千万亿两半几])\\1+|(..)\\2+|(...)\\3+"
)
_ER = re.compile("(?<![婴幼孤少健胎混宠小男女])儿(?![子女童媳科歌孙])")
_STRENGTH = re.compile(
    "(?<=[我们您你边里个事])(?:也|是|真的|真|完全|压根|根本|一点[都也]|一点|确实|实在|还|都|可|现在|目前|本人|对此)+"
    "(?=[不没无]|.不[了到成])"
)
_CHANGES = re.compile(f"{_STUTTER.pattern}|{_ER.pattern}|{_STRENGTH.pattern}")


def other_readings(heard: Normalised) -> list[Normalised]:
    """The text without sounds of hesitation, without its words, and without any surface at all.

    Only readings that differ are told; usually there are none.
    """
    found: list[Normalised] = []
    text = heard.text
    if _HESITATION.search(text):
        for pattern in (_SOUNDS_OF_HESITATION, _WORDS_OF_HESITATION):
            shorter = _replaced(heard, pattern, "")
            lacks_words = pattern is _WORDS_OF_HESITATION
            _add(found, heard, replace(shorter, lacks_words=lacks_words))
    bare = found[0].text if found else text
    if _CHANGES.search(bare) or _surface().search(text):
        plain = heard
        for pattern in (_surface(), _SOUNDS_OF_HESITATION, _STUTTER, _ER, _STRENGTH):
            plain = _replaced(plain, pattern, None)
        _add(found, heard, plain)
    return found


def _add(found: list[Normalised], heard: Normalised, reading: Normalised) -> None:
    if reading.text and all(reading.text != other.text for other in (heard, *found)):
        found.append(reading)


def _replaced(heard: Normalised, pattern: re.Pattern[str], instead: str | None) -> Normalised:
    """Every match replaced: by `instead`, or by what its kind says."""
    text, offsets, at = "", [], 0
    for match in pattern.finditer(heard.text):
        begin, end = match.span()
        new = _said(match) if instead is None else instead
        text += heard.text[at:begin] + new
        offsets += [heard.offsets[i] for i in range(at, begin)]
        # Each character stands for its like in what it replaces, the last one for the last.
        last = len(new) - 1
        offsets += [
            heard.offsets[min(begin + i, end - 1) if i < last else end - 1] for i in range(len(new))
        ]
        at = end
    if not at:
        return heard
    text += heard.text[at:]
    offsets += [heard.offsets[i] for i in range(at, len(heard.text))]
    return Normalised(text, [*offsets, heard.offsets[len(heard.text)]])


def _said(match: re.Match[str]) -> str:
    """A word of the surface table in plain words, a stutter once, all else not at all."""
    plain = _words().get(match[0])
    if plain is not None:
        return plain
    return next((part for part in match.groups() if part), "")


@cache
def _words() -> dict[str, str]:
    rows = (TABLES / "surface.txt").read_text("utf-8").splitlines()
    return dict(row.split(" ") for row in rows)


@cache
def _surface() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _words()), key=len, reverse=True)))
