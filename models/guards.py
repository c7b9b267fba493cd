"""Signs that a Whisper model invented its text instead of hearing it.

Its compression-ratio test is blind to Mandarin (谢谢谢谢谢谢 compresses like a sentence), so the
signs here are those that Mandarin shows: loops of characters, the credits of the subtitles it was
trained on, more text than anyone can say in the time.
"""

from __future__ import annotations

import re

__all__ = ["LONGEST_RUN", "MOST_CHARS_PER_S", "artefact", "loops", "too_fast"]

MOST_CHARS_PER_S = 12.0
"""A radio announcer reads 5 a second, an angry caller reaches 8."""
LONGEST_RUN = 6
"""This many repeats are taken for a loop: people say 喂 or 好的 up to five times on end."""
_LONGEST_PHRASE = 12
_SLACK_CHARS = 4

# What Mandarin Whisper writes over silence and music: subtitle credits and channel outros. Each
# needs two marks or one that no telephone call holds, so that 请订阅我们的服务 is left alone.
_ARTEFACTS = re.compile(
    r"明镜与点点|明鏡與點點"
    r"|(字幕|中文字幕)(由|志愿者|提供|制作|製作|by|组|組)"
    r"|字幕志愿|Amara\.?org"
    r"|点赞.{0,4}(订阅|转发)|點贊.{0,4}(訂閱|轉發)|點讚.{0,4}訂閱"
    r"|打赏支持|打賞支持"
    r"|(感谢|谢谢|感謝|謝謝)(大家|您|你们|各位)?(的)?(观看|收看|觀看)"
    r"|(词曲|作词|作曲|编曲|作詞|編曲)\s*[:：]?\s*李宗盛"
    r"|優優獨播劇場|优优独播剧场|YoYo Television",
    re.IGNORECASE,
)
_DIGITS = frozenset("零〇一幺二三四五六七八九0123456789")
_LOOP = re.compile(rf"(.{{1,{_LONGEST_PHRASE}}}?)\1{{{LONGEST_RUN - 1},}}")
_PUNCTUATION = re.compile(r"[\s,，。.!！?？、;；:：…~～\-—]+")


def artefact(text: str) -> bool:
    """True for a subtitle credit or a channel's outro."""
    return _ARTEFACTS.search(_PUNCTUATION.sub("", text)) is not None


def loops(text: str) -> bool:
    """True when some phrase of 1-12 characters is repeated more than five times on end.

    Digits are let off: callers read numbers such as 一三八零零零零零零零零.
    """
    found = _LOOP.search(_PUNCTUATION.sub("", text))
    return found is not None and not set(found.group(1)) <= _DIGITS


def too_fast(text: str, speech_ms: int) -> bool:
    """True when nobody could have said that many characters in that much speech."""
    characters = len(_PUNCTUATION.sub("", text))
    return characters > _SLACK_CHARS + MOST_CHARS_PER_S * speech_ms / 1000
