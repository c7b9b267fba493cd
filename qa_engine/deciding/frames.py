"""Frames: what stands around a phrase and turns its sense round.

    没有说|您搞错了      denied        除非|我们做不到       only supposed
    您搞错了|，哦不是    taken back    谁说|我们办不了       asked so that it means the opposite
    您去投诉|我也理解    granted       我不知道|您的地址      only the customer can tell

A frame looks at the clause before the phrase, at what follows it, or at what stands in its gaps. It
never asks which rule it is; a rule says which frames it wants (`frames` in the phrasebook).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from phrasebook.model import Frame
from qa_engine.deciding.decided import KEPT, Around, Decided, DecisionReason
from qa_engine.deciding.quoted import is_quoted, quoted_spans
from qa_engine.events import Decision, Role
from qa_engine.matching.match import Match

__all__ = ["LOOKS_RIGHT", "framed"]

LOOKS_LEFT = 14
LOOKS_RIGHT = 16
_END = "，。！？；：,.!?;:…"
_CLAUSE = re.compile(f"[{_END}]")


@dataclass(frozen=True, slots=True)
class _Place:
    """A phrase in its sentence: its clause before it, all that follows, and what fills its gaps."""

    left: str
    heard: str
    right: str
    gaps: str


_SAID = (
    "说过?|讲过?|提过?|觉得|认为|以为|想过?|打算|意思是|意思|要|让|叫|敢|因为|告诉过?|跟[您你]说过?"
)
_FILL = "(?:真的|真|再|去|过|您们?|你们?|我们?|他们?|任何|什么|故意|出现|存在|跟|对|有|会|是)"
_DENIED = re.compile(
    rf"(?:(?:并|从来?|也|可|根本)?没有?(?:{_SAID}){_FILL}*"
    rf"|(?:并|可|也|又)?(?:不会|不可能|不至于|不算|不等于|不代表|不能|不该|不敢|不想|不要|不用|不必"
    rf"|无需|绝不|决不|绝非|并非|没打算|不打算|不愿|不希望|不允许|不存在|避免|防止|以免|免得|杜绝)"
    rf"(?:{_SAID}|{_FILL})*"
    rf"|(?:不用|不必|无需|不需要|用不着)(?:[您你]们?|再|另外|单独|麻烦)*"
    rf"(?:提供|出示|报|说|念|核对|核实|验证|填|交|给|发|带|录|做|确认)(?:一下|[您你]的)?"
    rf"|(?<![是还可又])(?:并|也)?不是(?:{_SAID}|{_FILL})*"
    rf"|(?:^|[您你我])别(?:{_SAID}|担心|怕)(?:{_FILL})*)$"
)
_PROMISE = "承诺|保证|担保|许诺|答应|打包票|打保票|肯定|确定|断定|确认|说死|说准|断言|讲死"
_UNPROMISED = re.compile(
    "(?:(?:不|没|没法|没办法|没有办法|无法|难以|不能|不可以|不会|不敢|不好|不便|不可能|不太好|不方便|未必能)"
    "(?:现在|目前|马上|当场|随便|轻易|直接|提前|一口|私自|擅自|就|都|也|去|来){0,3}"
    f"(?:(?:跟|向|给|对|和|为)[您你]们?)?(?:{_PROMISE})"
    "(?:[您你]们?|说|讲|是|就|能|会|可以|一定|肯定|百分之?百|百分百|全部|都){0,4}"
    "|不一定(?:能|会|可以|是|就|都)?|未必(?:能|会|可以|是|就|都)?|不见得(?:能|会|可以|是|就|都)?)$"
)
_CANNOT = re.compile("不(?:了|到|成|起|上|下来|出来|得)")
"""After a verb it takes the phrase back: 肯定赔|不了."""
_NONE_THAT = re.compile("没有?$")
_THAT = re.compile("的?(?:[，。,.]|$|.{0,2}[，。,.])")
_ALTERNATIVE = re.compile("(.)不\\1|是不是|有没有|能不能|会不会|要不是|不得不|没完")
_NOT = re.compile("[没不未莫勿]|(?<![特分个级区性派鉴识辨告离类])别(?![的人处样墅])")
_AGAIN = re.compile(f"[{_END}我]")

_OPPOSITE = re.compile(
    "(?:谁说(?:过|的|是)?|谁告诉[您你]?说?|怎么(?:会|能|可能|可以|敢|舍得|好意思)(?:让|说|是)?"
    "|哪(?:里|儿)?(?:有|能|会|敢)(?:说|让)?|岂(?:能|会|敢)|何曾)(?:[您你我他]们?)?$"
)

_IF = (
    "如果|要是|要不是|假如|假设|假使|倘若|倘使|若是|若|万一|除非|即便|即使|哪怕|就算|纵使|只要|一旦"
    "|无论|不管|(?<!不)怕|担心|生怕|以防|为防"
)
_SUPPOSED = re.compile(f"(?:{_IF})(?P<between>[^{_END}]{{0,6}})$")
_THEN = re.compile("就|那|便|我要|我会|的话")
_IF_SO = re.compile("[了的]?(?:的话|的时候|的情况|之前|以前[，,])")

_TAKEN_BACK = re.compile(
    f"[了的呢啊呀]?[{_END}]*(?:[哦噢喔啊呃哎唉诶嗯][，,]?(?:不是|不对|说错|我说错|口误|应该是|是我)"
    f"|(?:不好意思|抱歉|对不起)?[，,]?我?(?:刚才)?(?:说错|讲错|口误|看错|记错)了?(?:[{_END}]|$)"
    "|不对不对|(?:我)?更正一下|(?:应该)?是我(?:这边|自己)?(?:搞|弄|看|记|说|听|填|输)错)"
)

_GRANTED = re.compile(
    "[了吗]?(?:[您你我]们?)?也(?:没关系|没事|不要紧|无妨|能|可以|不影响|欢迎|支持|是[您你]的权利|别(?:担心|着急)"
    "|会(?:帮|给|为|替|把|想办法|管|处理|联系|尽)|(?:[行好][，。,.])|(?:我们?)?(?:都|能|很|会|完全|非常)?理解"
    "|(?:帮|给|为|替)[您你])"
)

_UNKNOWING = re.compile("(?:不|没).{0,4}(?:知道|清楚|了解|确定|晓得|明白)[的啊呀呢]?$")
_CUSTOMER_TELLS = re.compile(
    "[您你贵](?:的)?(?:手机|家|家里|公司|单位|那边|那里|这边|本人)?(?:的)?(?:"
    "(?:收货|收件|家庭|联系|详细|具体|邮寄)?(?:地址|姓名|名字|称呼|电话|手机号|号码|生日|邮箱|预算|需求|想法"
    "|意思|意愿|尺码|尺寸|身高|体重|喜好|习惯|型号|情况|意见|要求|安排)"
    "|想|要|希望|需要|打算|方便|方不方便|喜欢|习惯|用的|买的|选的|说的|指的|问的|是(?:通过|在|从|用|哪|不是|否|要|想)"
    "|贵姓|选|说|指|问|能不能|能否|愿不愿意|愿意|介不介意|会不会|有没有|觉得|看|在哪个|住|怎么称呼|对.{1,6}(?:感兴趣|满不满意)"
    ")"
)
_PLEASE_TELL = re.compile(
    "麻烦[您你](?:说|讲|告诉|提供|描述|报|发)|请[您你](?:说|告诉|提供|描述)|[您你]说(?:一下|说|个)"
    "|[想需]?[要]?[跟和向][您你](?:了解|核对|确认|请教)|方便(?:说|告诉|提供)|能(?:说|告诉|描述)"
)
_AM_I_CLEAR = re.compile(
    "(?:这样|这么)(?:说|讲|解释|表达)|我(?:这样|这么)?(?:说|讲|解释|表达)(?:得|的)?(?:清|明白|够不够|有没有|是不是|对不对)"
)

_ASKED_BACK = re.compile(
    "[的了]*[，,]?(?:是吗|对吗|对不对|是这样吗|是这个意思|[您你]是这个意思)"
    "|[的了吗吧]*[？?](?=.{0,8}(?:没有|怎么会|哪有|不会|当然|不是|放心|绝对|谁说|我来|我马上|我帮))"
)
_THEIR_WORDS = re.compile("[您你](?:刚才|刚刚|刚|前面|所)?(?:说|讲|提到|反映)的$")
_STARTS_ANEW = "是吗吧呢啊呀嘛哦哈诶啦喽哟了话时情没不都也还就我你您谁"
_IS_ATTRIBUTE = re.compile(f"的(?![{_END}{_STARTS_ANEW}]|$|之前)")


def framed(sentence: str, match: Match, frames: Collection[Frame], around: Around) -> Decided:
    """The first frame that the phrase stands in, among those that its rule wants."""
    place = _place(sentence, match)
    for frame, reason, told in _standing(sentence, match, place, around):
        if frame in frames:
            decision, certainty = Decision.DROPPED, 0.9
            if frame is Frame.ATTRIBUTE:
                decision, certainty = Decision.DOUBTFUL, 0.5
            return Decided(decision, certainty, reason, told)
    return KEPT


def _place(sentence: str, match: Match) -> _Place:
    left = sentence[max(0, match.begin - LOOKS_LEFT) : match.begin]
    inside = [match.begin, *(at for part in match.parts for at in part), match.end]
    gaps = "".join(_gap(sentence, a, b) for a, b in zip(inside[::2], inside[1::2], strict=True))
    return _Place(
        _CLAUSE.split(left)[-1],
        sentence[match.begin : match.end],
        sentence[match.end : match.end + LOOKS_RIGHT],
        gaps if match.parts else "",
    )


def _gap(sentence: str, begin: int, end: int) -> str:
    """What fills a gap; a question that ends in the phrase (有没|有时间) denies nothing."""
    asked = _ALTERNATIVE.search(sentence[begin : end + 1])
    if asked and asked.end() > end - begin:
        end = begin + asked.start()
    return sentence[begin:end]


def _standing(
    sentence: str, match: Match, place: _Place, around: Around
) -> Iterator[tuple[Frame, DecisionReason, str]]:
    left, heard, right = place.left, place.heard, place.right
    if found := _denied(place):
        yield Frame.NEGATION, DecisionReason.NEGATED, f"“{heard}”前面有“{found}”，意思是否定的"
    if is_quoted(match.begin, match.end, quoted_spans(sentence)):
        yield Frame.QUOTED, DecisionReason.QUOTED, f"“{heard}”是转述别人的话，不是自己说的"
    if opposite := _OPPOSITE.search(left):
        yield (
            Frame.RHETORIC,
            DecisionReason.RHETORICAL,
            f"“{opposite[0]}{heard}”是反问，意思正好相反",
        )
    if found := _supposed(place):
        yield (
            Frame.CONDITION,
            DecisionReason.CONDITION,
            f"“{heard}”是假设的情况（“{found}”），不是事实",
        )
    if after := _TAKEN_BACK.match(right):
        yield Frame.CORRECTION, DecisionReason.CORRECTED, f"说完“{heard}”马上更正了（“{after[0]}”）"
    if after := _GRANTED.match(right):
        yield (
            Frame.CONCESSION,
            DecisionReason.CONCESSION,
            f"“{heard}{after[0]}”是表示可以接受，不是指责",
        )
    if _UNKNOWING.search(heard) and _only_customer_knows(right):
        yield Frame.ASKING, DecisionReason.ASKING, f"“{heard}”后面是向客户了解情况，不是推说不知道"
    if around.role is Role.AGENT and (_ASKED_BACK.match(right) or _echoes(place, around.before)):
        yield Frame.ECHO, DecisionReason.ECHO, f"“{heard}”是重复客户的话来确认，不是自己的意思"
    if not heard.endswith("的") and _IS_ATTRIBUTE.match(right):
        if _THEIR_WORDS.search(left):
            told = f"“{heard}”是客户自己的说法，坐席只是拿来指事情"
            yield Frame.QUOTED, DecisionReason.QUOTED, told
        yield (
            Frame.ATTRIBUTE,
            DecisionReason.ATTRIBUTE,
            f"“{heard}的”是在修饰后面的词，不一定是这个意思",
        )


def _denied(place: _Place) -> str:
    # 我不服，我要投诉: what is denied before the speaker begins again is another thing.
    if negation := _NOT.search(_AGAIN.split(_ALTERNATIVE.sub("", place.gaps))[-1]):
        return negation[0]
    if found := _DENIED.search(place.left):
        starts_over = found[0] == "不是" and place.heard.startswith("不是")
        return "" if starts_over else found[0]
    if found := _UNPROMISED.search(place.left) or _CANNOT.match(place.right):
        return found[0]
    nothing_that = _NONE_THAT.search(place.left)
    ends = place.heard.endswith("的") or place.right.startswith("的")
    if nothing_that and ends and _THAT.match(place.right):
        return nothing_that[0]
    return ""


def _supposed(place: _Place) -> str:
    found = _SUPPOSED.search(place.left)
    if found and not _THEN.search(found["between"] + place.gaps):
        return found[0]
    speech = place.heard[-1:] in "说讲"
    return found[0] if (found := _IF_SO.match(place.right)) and not speech else ""


def _only_customer_knows(right: str) -> bool:
    if _CUSTOMER_TELLS.match(right) or _AM_I_CLEAR.match(right):
        return True
    return bool(_PLEASE_TELL.search(right)) and right[:1] in "您你贵哪是"


_OTHER_SIDE = str.maketrans({"您": "你", "们": ""})


def _echoes(place: _Place, before: str) -> bool:
    """The customer's own words, asked back at once."""
    if len(place.heard) < 4 or not re.match("[的了吗吧呢]*[？?]", place.right):
        return False
    mine, theirs = (text.translate(_OTHER_SIDE) for text in (place.heard, before))
    return mine.replace("我", "你") in theirs.replace("我", "你")
