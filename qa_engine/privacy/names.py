"""People's names in what is said: those of the call's record, and those that say they are one.

张薇        where the record has her: by its sound, so 张威, too
张伟先生    张伟 before a title; 王先生 alone stays: a surname is nobody, and how callers are
            addressed is what rules judge
我叫张伟，户名是张伟，收件人张伟

What else is a name nothing here knows. Surnames: the commonest of the Ministry of Public
Security's yearly lists, without those that are everyday words (于 和 时 向).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from qa_engine.matching.text.characters import characters
from qa_engine.matching.text.normalise import normalise

__all__ = ["is_name", "names"]

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦柳邢岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌"
    "费纪靳盛童欧甄项曲成游裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边瞿解蓝岑谌佟米仇晏郎冼麦欧植闻闻习"
)
_DOUBLE = "欧阳|司马|上官|诸葛|夏侯|东方|皇甫|尉迟|公孙|慕容|令狐|闻人|宇文|司徒|端木|南宫"
_SURNAME = f"(?:{_DOUBLE}|[{_SURNAMES}])"
_NEVER = (
    "的了吗呢吧啊呀嘛哦嗯哎请问叫找给跟和与位个您你我他她它们这那哪有在就也都还说讲让把对好不没别来去要会能想是为"
    "从被到过得着很太先女后号打查办交退换寄收送用等帮替接转告谁什怎么几多少再又只但而或如因所则及其此每各某一二"
    "三四五六七八九十零两百千万元块点分秒"
)
_GIVEN = rf"[^\W\d_A-Za-z{_NEVER}]"
_TITLES = "先生|女士|小姐|太太|大哥|大姐|阿姨|叔叔|师傅|同学"
_TITLED = re.compile(rf"(?={_SURNAME}{_GIVEN})({_SURNAME}{_GIVEN}{{1,2}})(?={_TITLES})")
_SAYS_ONE = re.compile(
    r"(?:[我他她](?:本人|全名|名字)?(?:就?叫做?|名叫)|叫做|名字(?:就?是|叫)|姓名(?:就?是|叫|为)?|户名(?:就?是|叫)?"
    r"|(?:收件|收货|联系|投保|被保险|持卡|申请|办理|经办|寄件)人(?:姓名|名字)?(?:就?是|叫)?"
    r"|[机车户业房]主(?:姓名|名字)?(?:就?是|叫)|(?:登记|预留|写)的(?:名字|姓名)?(?:就?是|叫))"
    rf"[\s，,：:]{{0,2}}({_SURNAME}{_GIVEN}{{1,2}})"
)
_ANSWER = re.compile(
    rf"(?:嗯|哦|啊|对|好的?|我?叫|是|我?就?是|[\s，,])*({_SURNAME}{_GIVEN}{{1,2}})[\s。，,.!！]*$"
)
_ASKED = re.compile(
    r"(?:姓名|全名|名字)(?:是|叫|报|说|告诉|提供|什么|一下)|怎么称呼|叫什么"
    r"|(?:报|说|告诉|提供|核对|确认|登记)[^\x00。]{0,6}(?:姓名|全名|名字)"
)
_WORDS = re.compile(
    "什么|马上|高兴|高峰|高级|高铁|成功|成都|任何|方便|方面|方案|方式|方法|温馨|严重|常用|常见|关于|关心|关系|管理"
    "|查询|查看|强烈|包括|包含|项目|单位|单号|解决|解释|明白|明确|文件|金额|金卡|金融|何时|何处|车辆|车牌|边上|房子"
    "|华为|江苏|石家|黄金|黄色|盛大|康复|左右|武汉|常州|温州|郑州|苏州|宁波|齐全|黎明|马路|龙头|牛奶|毛病|梅雨|经理"
    "|周末|周日|谢谢|客服|司机|高温|房东|房主|会员|主任|主管|老师|老板"
)
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")


def is_name(value: str) -> bool:
    """Whether a value of a record can be a person's name: two to four Chinese characters."""
    return bool(_HAN_NAME.fullmatch(value.strip()))


def names(
    text: str, *, known: Iterable[str] = (), asked: str = "", introduces: bool = True
) -> Iterator[tuple[int, int]]:
    """Begin and end of each name in `text`.

    `known`: names of the call's record. `asked`: what the other one said just before: after
    怎么称呼 the answer is a name. `introduces`: whether 我叫… counts; not where an agent says it.
    """
    for name in known:
        yield from _heard(name.strip(), text)
    for found in _TITLED.finditer(text):
        # 那位是张先生, 欧阳女士: a surname and no more.
        alone = found[1][-1] in _SURNAMES or found[1] in _DOUBLE
        if not alone and not _WORDS.match(found[1]):
            yield found.span(1)
    if introduces:
        for found in _SAYS_ONE.finditer(text):
            if not _WORDS.match(found[1]):
                yield found.span(1)
        if asked and _ASKED.search(asked) and (answer := _ANSWER.fullmatch(text)):
            yield answer.span(1)


def _heard(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a name is said, by its sound; of two characters the first has to be as written."""
    if not is_name(name):
        return
    folded, table = normalise(text), characters()
    wanted, heard = (_sounds(said, table.readings) for said in (name, folded.text))
    for at in range(len(heard) - len(wanted) + 1):
        alike = all(one & other for one, other in zip(wanted, heard[at:], strict=False))
        if alike and (len(name) > 2 or folded.text[at] == name[0]):
            yield folded.offsets[at], folded.offsets[at + len(wanted) - 1] + 1


def _sounds(said: str, readings: dict[str, tuple[int, ...]]) -> list[set[int]]:
    return [set(readings.get(char, ())) or {-ord(char)} for char in said]
