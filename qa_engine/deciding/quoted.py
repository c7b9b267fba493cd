"""Whose words are these: what a speaker only repeats (您说…, 客户说…) is not said by him.

A quotation begins after a marker and ends with its clause: at punctuation, after a question tail
(对吗, 是吧), or where the speaker plainly resumes (但是, 我这边). 我说… is the speaker's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["QuotedSpan", "is_quoted", "quoted_spans"]

MAX_CHARS = 24
"""A clause without punctuation must end somewhere: longer than this nobody quotes in one breath."""

_FOLD = str.maketrans("說講們戶這個後聽沒應覺認為", "说讲们户这个后听没应觉认为")

_SUBJECT = (
    r"您们?|你们?|他们?|她们?|它|人家|别人|有人|大家|对方|客户们?|顾客|用户|客服|坐席|"
    r"[您你他她]?(?:家人|爱人|先生|太太|老公|老婆|朋友|同事|孩子|儿子|女儿)|"
    r"(?:录音|短信|页面|网上|电话)?(?:里|上)?(?:的)?同事|[\u4e00-\u9fff]{1,4}的(?:人|员工|工作人员|师傅|专员|经理)|"
    r"(?:前面|之前|上一[位个]|刚才)(?:那位|那个|的)?(?:客服|同事|坐席|专员)|"
    r"销售|业务员|师傅|快递员|网点|门店|商家|卖家|网上|店里"
)
_ADVERB = (
    r"刚才|刚刚|方才|刚|之前|以前|先前|前面|上次|上回|昨天|今天|早上|那天|当时|"
    r"确实|的确|真的|一直|一开始|又|都|也|还|就|总|老是|曾经|明明|其实|可能|是|会"
)
_TOWARDS = r"(?:[跟和对向给同与](?:您|你|我|他|她|客服|客户)们?)"
_SAYING = (
    r"说|讲|提到|提出|表示|反映|反馈|告诉(?:您|你|我|他|她)?们?|[回答]复(?:您|你)?|"
    r"认为|觉得|以为|担心|怀疑|强调"
)
_MEANING = r"[您你他她]们?的?意思(?:是不是|就是|是)|[您你](?:是不是|不是|是)?想(?:说|表达)"
_WORDS_OF = r"原话(?:就)?(?=是)"
_OURS = re.compile(
    r"我们?(?:的)?(?:同事|领导|主管|经理|师傅|技术)们?(?:刚才|昨天|之前)?(?:也|都|早就|已经)$"
)
"""Who calls his own side to witness says it himself: 我同事也说了，是您填错了."""
_DENIAL = r"我们?(?:可|也|并|从来|根本)?(?:没有?|不是|没)" + _TOWARDS + r"?[说讲]"
_MARKER = re.compile(
    r"(?:"
    # 我跟您说, 请您说: here 您 is spoken to, and the words that follow are the speaker's own.
    r"(?<![跟和对向给同与请让帮替由])(?<!告诉)"
    rf"(?:{_SUBJECT})(?:{_ADVERB}){{0,3}}{_TOWARDS}?(?:{_ADVERB})?(?:{_SAYING})"
    rf"|{_MEANING}|{_DENIAL}|{_WORDS_OF}"
    r")"
    # 您说吧, 您说清楚, 您说得对, 您说的这个问题: an invitation or a topic, not a quotation.
    r"(?P<said>)"
    r"(?!一下|一说|吧|呢|吗|清楚|明|话|服|出|完|得|好|对|没错|的(?!是)"
    r"|(?<=[您你]说)[这那][个些种件])"
    r"(?:过|了|的是|是说|说|到|是)?[，,：:“\"「]*"
)
_CLAUSE_END = re.compile(
    r"[。！？；，!?;,\n”」]"
    r"|(?<=[吗吧])|(?<=对不对)|(?<=是不是[啊呀])"
    r"|(?=但是|不过|可是|然而|所以我|那我|我这边|我们这边|我帮您|我来帮|我非常|我很|非常抱歉|很抱歉|不好意思|对不起)"
)


@dataclass(frozen=True, slots=True)
class QuotedSpan:
    """Characters of the original text, `end` exclusive."""

    begin: int
    end: int


def quoted_spans(text: str) -> tuple[QuotedSpan, ...]:
    """The parts of `text` that repeat somebody else's words, in order.

    A span begins and ends by what stands left of its end, so text that grows on the right does
    not turn the speaker's own words into a quotation.
    """
    folded = text.translate(_FOLD)
    places = [index for index, char in enumerate(folded) if not char.isspace()]
    tight = "".join(folded[index] for index in places)
    spans: list[QuotedSpan] = []
    for marker in _MARKER.finditer(tight):
        begin, end = marker.start("said"), _clause_end(tight, marker.end())
        if _is_own_witness(tight, marker) or _ends_denial(marker):
            continue
        if end > begin:
            spans.append(QuotedSpan(places[begin], places[end - 1] + 1))
    return tuple(spans)


def is_quoted(begin: int, end: int, spans: tuple[QuotedSpan, ...]) -> bool:
    """Whether all of `begin..end` lies in one quotation."""
    return any(span.begin <= begin and end <= span.end for span in spans)


def _clause_end(text: str, begin: int) -> int:
    limit = min(len(text), begin + MAX_CHARS)
    # One character of grace: 您说但是… cannot resume what has not begun.
    for stop in _CLAUSE_END.finditer(text, begin + 1, limit):
        return stop.start()
    return limit


def _is_own_witness(text: str, marker: re.Match[str]) -> bool:
    verb = re.search(_SAYING, marker[0])
    return verb is not None and bool(_OURS.search(text[: marker.start() + verb.start()]))


def _ends_denial(marker: re.Match[str]) -> bool:
    """我没说过，您听错了: what follows the pause is the speaker's own again."""
    return marker[0][-1] in "，," and re.match(_DENIAL, marker[0]) is not None
