"""Names as callers say them and sites know them, and sentences without any; nobody's by intent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

NAMES = (
    "张伟", "王秀英", "李娜", "刘洋", "陈建国", "杨雪", "赵丽颖丽", "周杰", "吴敏霞", "徐静",
    "孙小燕", "马晓东", "胡海泉", "郭美玲", "何炳娇", "高文静", "罗志祥云", "欧阳娜娜", "司马光远", "诸葛青",
)  # fmt: skip
"""Four characters where the surname has two, or where the record says so."""
THREE = tuple(name for name in NAMES if len(name) < 4 or name[:2] in ("欧阳", "司马"))
TITLES = ("先生", "女士", "小姐")
TITLED = ("请问是{}吗", "{}您好", "您好，{}，这里是客服中心", "那我转告{}")
SAID = (
    "我叫{}", "我叫{}，想查一下话费", "我的名字是{}", "姓名{}", "户名是{}", "收件人是{}",
    "机主叫{}", "登记的名字是{}", "联系人{}，电话我再报给您", "持卡人姓名{}",
)  # fmt: skip
ASKED = ("请问怎么称呼", "您的姓名是", "麻烦您报一下姓名", "请问机主叫什么名字")
RECORDED = ("您是{}本人吗", "{}，对，是我", "这边显示的是{}", "麻烦找一下{}", "我爱人{}办的卡")
HEARD = (
    ("张薇", "张威"), ("李靖雯", "李静文"), ("陈建国", "成建国"), ("王晓燕", "王小燕"),
    ("刘思宇", "刘思雨"), ("赵敏芝", "赵敏之"), ("周子轩", "周紫萱"), ("孙佳怡", "孙家宜"),
)  # fmt: skip
"""As the record has it, and as a recogniser wrote it."""

CLEAN = (
    "王先生您好，请问有什么可以帮您", "请问是李女士吗", "欧阳女士，您稍等", "那位张先生已经走了",
    "关于李女士的投诉我们已经受理", "于是陈先生就挂了", "我叫什么不重要", "我叫你们经理过来",
    "我叫了一辆车", "我叫的外卖还没到", "他叫我打这个电话", "姓名什么的都要写吗", "户名和账号都不对",
    "收件人不在家", "联系人可以改吗", "机主是我爱人", "登记的是我妈的名字", "怎么称呼您",
    "高峰时段先生女士都请排队", "方便的话请您稍等", "马上为您处理", "成功办理之后会有短信",
    "请各位先生女士不要挂机", "黄金会员有优惠", "石家庄的客户", "江苏人在外地", "温馨提示您一下",
    "常用地址要改一下", "任何问题都可以打给我", "严重影响了我的生活", "左右两边都坏了", "文件发到邮箱了",
    "我是高中生", "我是马上要出门的人", "我是安徽的", "贵姓", "免贵姓王", "我姓张", "张经理在吗",
    "王主任说可以退", "李老师您好", "我是他同学", "他先生在家", "我太太的手机", "那个小姐态度很好",
    "叔叔您别着急", "阿姨您慢慢说", "师傅几点上门", "大哥你听我说", "女士您请讲", "先生请您理解",
    "温州先生们的商会", "包括先生您这一单", "项目先生您看看", "解决了小姐", "明白女士", "车辆先生的",
    "武汉的先生", "金额先生您核对一下", "单号女士您记一下", "华为先生您看这款",
)  # fmt: skip


def said() -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """(what the other one said before, the sentence, the name in it, names of the record)."""
    for name, title, around in product(THREE, TITLES, TITLED):
        yield "", around.format(name + title), name, ()
    for name, around in product(THREE, SAID):
        yield "", around.format(name), name, ()
    for name, asked in product(THREE, ASKED):
        for answer in ("{}", "我叫{}。", "嗯，{}"):
            yield asked, answer.format(name), name, ()
    for name, around in product(NAMES, RECORDED):
        yield "", around.format(name), name, (name,)
    for (told, heard), around in product(HEARD, RECORDED):
        yield "", around.format(heard), heard, (told,)
