"""The words that may stand for each closed set of values, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phrasebook.ask import Answer
from phrasebook.model import ALL_FRAMES, Audience, Frame, Kind, Severity, Speaker, Strictness
from phrasebook.scorecard import Charge

SPEAKERS: Mapping[str, Speaker] = {
    "坐席": Speaker.AGENT,
    "客服": Speaker.AGENT,
    "agent": Speaker.AGENT,
    "客户": Speaker.CUSTOMER,
    "customer": Speaker.CUSTOMER,
    "任何": Speaker.ANY,
    "双方": Speaker.ANY,
    "any": Speaker.ANY,
}
STRICTNESS: Mapping[str, Strictness] = {
    "宽": Strictness.LOOSE,
    "loose": Strictness.LOOSE,
    "中": Strictness.NORMAL,
    "normal": Strictness.NORMAL,
    "严": Strictness.STRICT,
    "strict": Strictness.STRICT,
}
SEVERITIES: Mapping[str, Severity] = {
    "低": Severity.LOW,
    "low": Severity.LOW,
    "中": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "高": Severity.HIGH,
    "high": Severity.HIGH,
    "致命": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
}
AUDIENCES: Mapping[str, Audience] = {
    "坐席": Audience.AGENT,
    "agent": Audience.AGENT,
    "主管": Audience.SUPERVISOR,
    "supervisor": Audience.SUPERVISOR,
    "复核": Audience.REVIEW,
    "review": Audience.REVIEW,
}
KINDS: Mapping[str, Kind] = {
    "禁用": Kind.FORBIDDEN,
    "forbidden": Kind.FORBIDDEN,
    "触发": Kind.TRIGGER,
    "trigger": Kind.TRIGGER,
}
CHARGES: Mapping[str, Charge] = {
    "每次": Charge.EACH,
    "each": Charge.EACH,
    "每条一次": Charge.RULE,
    "rule": Charge.RULE,
    "每通一次": Charge.CALL,
    "call": Charge.CALL,
}
SCORERS: Mapping[str, bool] = {"机器": False, "machine": False, "人工": True, "person": True}
"""Whether a person scores an item."""
QUOTED: Mapping[str, bool] = {"跳过": True, "skip": True, "标记": False, "flag": False}
FRAMES: Mapping[str, frozenset[Frame]] = {
    "全部": ALL_FRAMES,
    "all": ALL_FRAMES,
    "无": frozenset(),
    "none": frozenset(),
    **{
        word: frozenset({frame})
        for frame, chinese in (
            (Frame.NEGATION, "否定"),
            (Frame.CONDITION, "条件"),
            (Frame.CORRECTION, "改口"),
            (Frame.RHETORIC, "反问"),
            (Frame.ECHO, "复述"),
            (Frame.ASKING, "询问"),
            (Frame.CONCESSION, "让步"),
            (Frame.ATTRIBUTE, "定语"),
        )
        for word in (chinese, frame.value)
    },
}
"""Which frames excuse a hit of a rule."""
WRONG_ANSWERS: Mapping[str, tuple[Answer | None]] = {
    "否": (Answer.NO,),
    "no": (Answer.NO,),
    "是": (Answer.YES,),
    "yes": (Answer.YES,),
    "无": (None,),
    "none": (None,),
}
"""Which answer to a question takes points."""
FLAGS: Mapping[str, bool] = {
    "是": True,
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "否": False,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}
ANCHORS: Mapping[str, str] = {
    "通话开始": "call_start",
    "call_start": "call_start",
    "通话结束": "call_end",
    "call_end": "call_end",
    "步骤": "step",
    "step": "step",
    "命中": "hit",
    "hit": "hit",
}


def spell(words: Mapping[str, object], meaning: object) -> str:
    """The first word that has this meaning: the one written out."""
    return next(word for word, found in words.items() if found == meaning)


def nearest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing when no known word is near."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(wrong, sorted(known), scorer=fuzz.ratio, score_cutoff=50)
    return f"; did you mean '{found[0]}'?" if found else ""
