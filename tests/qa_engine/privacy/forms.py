"""Personal numbers as callers say and recognisers write them, and clean sentences full of numbers.

Made from numbers × ways of reading them × sentences around them; none belongs to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

from qa_engine.privacy import DataKind

PLAIN = str.maketrans("0123456789", "零一二三四五六七八九")
RADIO = str.maketrans("0123456789", "零幺二三四五六七八九")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def grouped(digits: str, by: str, sizes: tuple[int, ...] = (3, 4, 4)) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return by.join([*parts, digits[at:]] if digits[at:] else parts)


def doubled(digits: str) -> str:
    """双零, 三个八: as many say what comes twice and more."""

    def said(found: re.Match[str]) -> str:
        one, times = found[1].translate(PLAIN), len(found[0])
        return f"双{one}" if times == 2 else f"{'三四五六七八九'[times - 3]}个{one}"

    return re.sub(r"(\d)\1{1,6}", said, digits).translate(PLAIN)


def hundreds(digits: str) -> str:
    """一百三十八，零零一三，八千: the first group as an amount."""
    first, tens, ones = (digits[i].translate(PLAIN) for i in range(3))
    if "0" in digits[1:3]:
        return grouped(digits, "，").translate(PLAIN)
    rest = grouped(digits[3:], "，", (4, 4)).translate(PLAIN)
    return f"{first}百{tens}十{ones}，{rest}"


READINGS: dict[str, Callable[[str], str]] = {
    "written": str,
    "spoken": lambda d: d.translate(PLAIN),
    "radio": lambda d: d.translate(RADIO),
    "wide": lambda d: d.translate(WIDE),
    "grouped": lambda d: grouped(d, " "),
    "dashed": lambda d: grouped(d, "-"),
    "spoken_grouped": lambda d: grouped(d, "，").translate(PLAIN),
    "hesitant": lambda d: grouped(d, "嗯").translate(RADIO),
    "doubled": doubled,
    "by twos": lambda d: grouped(d, " ", tuple([2] * 9)).strip().translate(RADIO),
}

PHONES = ["13800138000", "15912345678", "17766554433", "19988887777"]
ID_CARDS = ["110101199003071234", "320583198512256666", "440301200102294321"]
BANK_CARDS = ["6222021234567890123", "6217000010012345678", "4367421234567890"]
CODES = ["482913", "7788", "904512"]
PASSPORTS = ["E12345678", "G56781234", "EB1234567"]
QQS = ["123456789", "88776655", "10345678901"]
SOCIAL = ["110101199", "3205831985122"]
NAMES = ["zhangsan88", "wang_fang", "li2026jing"]
EMAILS = ["zhangsan@163.com", "1234567@qq.com", "wang.fang@corp.com.cn", "li_jing@126.com"]
EMAIL_READINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda mail: mail.replace("@", "艾特").replace(".", "点"),
    lambda mail: mail.replace("@", " at ").replace(".", "点"),
    lambda mail: mail.replace("@", "艾特").replace(".", "点").translate(PLAIN),
)

AROUND: dict[DataKind, list[str]] = {
    DataKind.PHONE: ["我的手机号是{}", "您打{}这个电话找我", "{}"],
    DataKind.ID_CARD: ["身份证号{}", "我身份证是{}麻烦您核对一下"],
    DataKind.BANK_CARD: ["银行卡号是{}", "退到{}这张卡", "卡号{}对吗"],
    DataKind.CODE: ["验证码是{}", "我收到的校验码{}"],
}
NUMBERS = {
    DataKind.PHONE: PHONES,
    DataKind.ID_CARD: ID_CARDS,
    DataKind.BANK_CARD: BANK_CARDS,
    DataKind.CODE: CODES,
}

HAND_WRITTEN: list[tuple[str, str, DataKind]] = [
    ("我身份证最后是个叉11010119900307123X", "11010119900307123X", DataKind.ID_CARD),
    (
        "一一零一零一一九九零零三零七一二三叉",
        "一一零一零一一九九零零三零七一二三叉",
        DataKind.ID_CARD,
    ),
    ("座机零一零八八六六七七五五", "零一零八八六六七七五五", DataKind.PHONE),
    ("公司电话021-58886666", "021-58886666", DataKind.PHONE),
    ("家里电话0571 87654321", "0571 87654321", DataKind.PHONE),
    ("手机后四位是六七八九", "六七八九", DataKind.PHONE),
    ("请问尾号8000的手机还在用吗", "8000", DataKind.PHONE),
    ("车牌号京A12345", "京A12345", DataKind.PLATE),
    ("我的车是粤B·D12345", "粤B·D12345", DataKind.PLATE),
    ("沪C 八八六六七那辆", "沪C 八八六六七", DataKind.PLATE),
    ("前面那辆浙F1234警", "浙F1234警", DataKind.PLATE),
    ("送到人民路128号", "128号", DataKind.ADDRESS),
    ("住在幸福小区三号楼二单元五零一室", "三号楼二单元五零一室", DataKind.ADDRESS),
    ("地址是中山路一百二十号", "一百二十号", DataKind.ADDRESS),
    ("就在12栋1204室", "12栋1204室", DataKind.ADDRESS),
    ("和平里五区6号楼", "6号楼", DataKind.ADDRESS),
    ("交易密码是二三四五六六", "二三四五六六", DataKind.CODE),
    ("我的取件码3-2-7788", "3-2-7788", DataKind.CODE),
    ("账号六二一七零零零零一零零一", "六二一七零零零零一零零一", DataKind.BANK_CARD),
    ("号码要三八零零要三八零零零", "要三八零零要三八零零零", DataKind.PHONE),
    ("您记一下腰五九，一二三四，五六七八", "腰五九，一二三四，五六七八", DataKind.PHONE),
    ("粤BD12345停在门口", "粤BD12345", DataKind.PLATE),
    ("加86的话是8613800138000", "8613800138000", DataKind.PHONE),
    (
        "我再说一遍幺三八零零幺三八零零零，13800138000",
        "幺三八零零幺三八零零零，13800138000",
        DataKind.PHONE,
    ),
    ("打13800138000或者15912345678", "13800138000", DataKind.PHONE),
    ("13800138000 15912345678两个都行", "13800138000 15912345678", DataKind.PHONE),
]

CLEAN_TEMPLATES = [
    "一共{}元",
    "大约需要{}分钟",
    "{}个工作日内回复您",
    "您的套餐是每月{}块",
    "已经等了{}天了",
    "订单号是{}",
    "工单号{}请您记一下",
    "我的工号是{}",
    "客服热线是{}",
    "第{}次打来了",
    "优惠{}个点",
    "流量还剩{}兆",
    "这款型号是{}",
    "有{}人在排队",
    "分{}期还清",
]
CLEAN_NUMBERS = [
    "三",
    "十五",
    "一百二十八",
    "199",
    "2026",
    "1299",
    "两千三",
    "三四",
    "10086",
    "12315",
]
CLEAN_SENTENCES = [
    "今天是2026年11月21日",
    "上午九点三十分",
    "下午3:30左右",
    "百分之八的利息",
    "请拨打95588",
    "二十四小时内联系您",
    "三号线坐到五号口",
    "一二三楼都有",
    "我十八号去的营业厅",
    "增长了百分之三点五",
    "两三个小时吧",
    "凌晨零点以后",
    "六一八活动",
    "双十一买的",
    "一九九套餐到期了",
    "三百六十五天无休",
    "请您在一到五之间打分",
    "前三后四",
    "七天无理由退货",
    "一心一意",
    "三番五次",
    "四五十个人",
    "二零二六年的合同",
    "九八折",
    "一对一服务",
    "零点五公里",
    "十二点整",
    "第一百零三条",
    "我要三个，一要二不要",
    "要两千三百块",
    "一二三四五，上山打老虎",
    "两个八折券可以一起用",
    "买三个一送一个",
    "双十一那天下的单",
    "三个六十的套餐",
    "一百三十八块五，还有一百二十",
    "每月一百九十八，一共三百六十五天",
    "短信收到了吗",
    "收到两条短信",
    "您的护照带了吗",
    "微信上也可以办",
    "加一下我们的企业微信",
    "社保卡丢了怎么办",
    "公积金查不到",
    "后面是谁在说话",
    "最后三位客户已经走了",
    "点开那个at所有人的消息",
    "E签宝怎么用",
    "G二十会议",
]


def _others() -> Iterator[tuple[str, str, DataKind]]:
    """What is not only digits."""
    for mail, reading in product(EMAILS, EMAIL_READINGS):
        for around in ("邮箱是{}", "发到{}就行"):
            yield around.format(reading(mail)), reading(mail), DataKind.EMAIL
    for number, table in product(PASSPORTS, (PLAIN, WIDE, {})):
        said = number.translate(table)
        yield f"护照号是{said}", said, DataKind.PASSPORT
    for number, table in product(QQS, (PLAIN, RADIO, {})):
        said = number.translate(table)
        yield f"加我QQ号{said}", said, DataKind.CONTACT
        yield f"微信号是{said}", said, DataKind.CONTACT
    for name in NAMES:
        yield f"我微信号是{name}", name, DataKind.CONTACT
    for number, table in product(SOCIAL, (PLAIN, RADIO, {})):
        said = number.translate(table)
        yield f"社保卡号{said}", said, DataKind.SOCIAL
    for number, table in product(("482913", "904512"), (PLAIN, RADIO, {})):
        said = number.translate(table)
        yield f"我收到的六位数是{said}", said, DataKind.CODE
        yield f"短信发来的六位数字{said}", said, DataKind.CODE
    for number in (*PHONES, "13612345678", "15888889999"):
        for around in AROUND[DataKind.PHONE]:
            yield around.format(hundreds(number)), hundreds(number), DataKind.PHONE
    for building, room in product(("三号楼", "12栋", "五单元"), ("五零一", "1204", "三零二")):
        yield f"住幸福小区{building}{room}", f"{building}{room}", DataKind.ADDRESS


def dictations() -> Iterator[tuple[list[str], str, str]]:
    """Turns of c and a, the number, and how it was dictated; 60 and more."""
    ways: dict[str, Callable[[list[str]], list[str]]] = {
        "nods": lambda parts: _turns(parts, lambda _: "嗯"),
        "goes on": lambda parts: _turns(parts, lambda _: "好的您继续"),
        "said back": lambda parts: _turns(parts, lambda part: part),
        "said back and asked": lambda parts: _turns(parts, lambda part: f"{part}，好的请继续"),
        "led": lambda parts: _turns([parts[0], *(f"后面是{p}" for p in parts[1:])], lambda _: "对"),
        "tailed": lambda parts: _turns([f"{p}，对" for p in parts], lambda _: "嗯"),
        "last ones": lambda parts: _turns([*parts[:-1], f"最后{parts[-1]}"], lambda _: "您说"),
        "handed over": _handed,
    }
    numbers = [
        *((phone, (3, 4, 4)) for phone in PHONES),
        ("6222021234567890123", (6, 4, 4, 4, 1)),
        ("6217000010012345678", (4, 4, 4, 4, 3)),
        ("110101199003071234", (6, 8, 4)),
        ("320583198512256666", (6, 4, 4, 4)),
    ]
    for (number, sizes), table in product(numbers, (PLAIN, RADIO)):
        parts = grouped(number, "|", sizes).translate(table).split("|")
        for name, way in ways.items():
            yield way(parts), number.translate(table), name


def _turns(parts: list[str], between: Callable[[str], str]) -> list[str]:
    turns = []
    for part in parts:
        turns += [f"c:{part}", f"a:{between(part)}"]
    return [f"c:我的号码{turns[0][2:]}", *turns[1:]]


def _handed(parts: list[str]) -> list[str]:
    """One begins, the other ends."""
    half = len(parts) // 2
    return ["a:您的号码是" + "".join(parts[:half]), "c:" + "".join(parts[half:])]


def personal() -> Iterator[tuple[str, str, DataKind]]:
    """(sentence, the number inside it, its kind)."""
    for kind, numbers in NUMBERS.items():
        for number, reading, around in product(numbers, READINGS.values(), AROUND[kind]):
            said = reading(number)
            yield around.format(said), said, kind
    yield from _others()
    yield from HAND_WRITTEN


def clean() -> Iterator[str]:
    """Sentences whose numbers are nobody's."""
    for template, number in product(CLEAN_TEMPLATES, CLEAN_NUMBERS):
        yield template.format(number)
    yield from CLEAN_SENTENCES
