"""Signs that a Whisper model invented its text instead of hearing it.

Its compression-ratio test is blind to Mandarin (谢谢谢谢谢谢 compresses like a sentence), so the
signs here are those that Mandarin shows: loops of characters, the credits of the subtitles it was
trained on, more text than anyone can say in the time.
"""

from __future__ import annotations

import re

__all__ = [
    "LONGEST_RUN",
    "MOST_CHARS_PER_S",
    "artefact",
    "echoes",
    "goes_round",
    "loops",
    "too_fast",
]

MOST_CHARS_PER_S = 12.0
"""A radio announcer reads 5 a second, an angry caller reaches 8."""
LONGEST_RUN = 6
"""This many repeats are taken for a loop: people say 喂 or 好的 up to five times on end."""
_LONGEST_PHRASE = 12
_SLACK_CHARS = 4
_OWN_WORDS = 0.4

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
_DIGIT = "零〇一幺二三四五六七八九0-9"
_DIGITS = re.compile(rf"[{_DIGIT}]+")
_LONGEST_NUMBER = 32
"""Digits on end: a telephone number said twice has 22, a bank card's 19."""
_LONGEST_SAME_DIGIT = 13
_SAME_DIGIT = re.compile(rf"([{_DIGIT}])\1{{{_LONGEST_SAME_DIGIT - 1},}}")
_SPELLED_OUT = re.compile(rf"(?:[{_DIGIT}][-—–/.,，、·…~ ]{{1,3}}){{19,}}")
"""2-3-3-4-4-4-…: a mark after each digit, further than an identity card goes."""
_GRAM = 3
_ROUND = re.compile(rf"(.{{3,{_LONGEST_PHRASE}}}?)\1\1|(..)\2\2\2")
_LEAST_GRAMS = 18
_FRESH = 0.4
"""Of a text's runs of three characters at least this share is new; speech that repeats itself
(不好意思不好意思, a number said again) keeps above .5."""
_LOOP = re.compile(rf"(.{{1,{_LONGEST_PHRASE}}}?)\1{{{LONGEST_RUN - 1},}}")
_PUNCTUATION = re.compile(r"[\s,，。.!！?？、;；:：…~～\-—]+")


def artefact(text: str) -> bool:
    """True for a subtitle credit or a channel's outro."""
    return _ARTEFACTS.search(_PUNCTUATION.sub("", text)) is not None


def loops(text: str) -> bool:
    """True when the text goes round: a phrase of 1-12 characters more than five times on end, or
    few fresh runs of characters in all of it, or digits without an end.

    Digits are let off further than words: callers read numbers such as 一三八零零零零零零零零.
    """
    bare = _PUNCTUATION.sub("", text)
    if _SPELLED_OUT.search(text) or _SAME_DIGIT.search(bare):
        return True
    if any(len(number) > _LONGEST_NUMBER for number in _DIGITS.findall(bare)):
        return True
    found = _LOOP.search(bare)
    if found is not None and not _DIGITS.fullmatch(found.group(1)):
        return True
    grams = [bare[i : i + _GRAM] for i in range(len(bare) - _GRAM + 1)]
    return len(grams) >= _LEAST_GRAMS and len(set(grams)) < _FRESH * len(grams)


def goes_round(text: str) -> bool:
    """True when three characters or more come three times on end, or two of them four times.

    In a window of seconds that is a reason to doubt all of it: over sound that it does not know a
    Whisper model says one thing again and again, and is sure of it.
    """
    found = _ROUND.search(_PUNCTUATION.sub("", text))
    return found is not None and not _DIGITS.fullmatch(found.group())


def echoes(text: str, hotwords: str) -> bool:
    """True when most of the text is words that the recogniser was told to expect.

    Over noise a Whisper model reads its prompt aloud: such a text has to be as likely without it.
    """
    bare = _PUNCTUATION.sub("", text)
    rest = bare
    for word in sorted(hotwords.split(), key=len, reverse=True):
        rest = rest.replace(word, "")
    return bool(bare) and len(rest) <= _OWN_WORDS * len(bare)


def too_fast(text: str, speech_ms: int) -> bool:
    """True when nobody could have said that many characters in that much speech."""
    characters = len(_PUNCTUATION.sub("", text))
    return characters > _SLACK_CHARS + MOST_CHARS_PER_S * speech_ms / 1000
