"""The whole pattern language, as a recogniser writes it: homophones, near sounds, fillers, digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from phrasebook import parse
from phrasebook.model import Entry, Exception_, Phrasebook, Strictness, Where
from qa_engine.events import Tier
from qa_engine.matching import Match, Matcher

LISTS = {"收益词": ("收益", "回报", "赚钱"), "渠道": ("微信", "QQ", "支付宝")}


def matcher(
    *say: str,
    unless: Sequence[str] = (),
    near: Mapping[str, int] | None = None,
    strict: Strictness = Strictness.NORMAL,
) -> Matcher:
    excuses = [Exception_(pattern=parse(line)) for line in unless]
    excuses += [
        Exception_(pattern=parse(line), near_chars=chars) for line, chars in (near or {}).items()
    ]
    entry = Entry(
        id="rule",
        title="rule",
        say=tuple(map(parse, say)),
        unless=tuple(excuses),
        strict=strict,
        where=Where(path="test.yaml", line=1),
    )
    lists = {name: tuple(map(parse, values)) for name, values in LISTS.items()}
    return Matcher(Phrasebook(name="test", version="1", entries=(entry,), lists=lists))


def heard(found: list[Match]) -> list[str]:
    return [match.heard for match in found]


HITS = [
    # plain words
    ("我不知道", "我不知道", "我不知道", Tier.EXACT),
    ("我不知道", "这个我不之道啊", "我不之道", Tier.HOMOPHONE),
    ("我不知道", "我部知到呀", "我部知到", Tier.HOMOPHONE),
    ("这不归我管", "这不归我馆", "这不归我馆", Tier.HOMOPHONE),
    ("这不归我管的", "这不归我款的", "这不归我款的", Tier.FUZZY),
    ("您找别的部门处理", "您找别的部门出力", "您找别的部门出力", Tier.HOMOPHONE),
    ("您找别的部门处理", "您早别的部门处理", "您早别的部门处理", Tier.FUZZY),
    ("银行卡被冻结了", "银航卡被冻结了", "银航卡被冻结了", Tier.HOMOPHONE),
    ("银行卡被冻结了", "银行卡备冻节了", "银行卡备冻节了", Tier.HOMOPHONE),
    ("公司就是这么规定的", "公司就是怎么规定的", "公司就是怎么规定的", Tier.FUZZY),
    ("我们已经尽力了", "我们以经近力了", "我们以经近力了", Tier.HOMOPHONE),
    ("帮您查询一下相关信息", "帮您查寻一下相关信西", "帮您查寻一下相关信西", Tier.HOMOPHONE),
    # one character too many or too few
    ("你自己看说明书去吧", "你自己看看说明书去吧", "你自己看看说明书去吧", Tier.FUZZY),
    ("这件事情跟我们没有关系", "这件事跟我们没有关系", "这件事跟我们没有关系", Tier.FUZZY),
    ("请您稍等一下好吗", "请您稍等下好吗", "请您稍等下好吗", Tier.FUZZY),
    ("请您稍等下好吗", "请您稍等一下好吗", "请您稍等一下好吗", Tier.FUZZY),
    # fillers
    ("我不知道", "我嗯不知道", "我嗯不知道", Tier.EXACT),
    ("我不知道", "我那个不之道", "我那个不之道", Tier.HOMOPHONE),
    ("我不知道", "我，呃，就是不知道", "我，呃，就是不知道", Tier.EXACT),
    ("那个没办法", "嗯那个没办法", "那个没办法", Tier.EXACT),
    ("那个没办法", "那个呃没办法", "那个呃没办法", Tier.EXACT),
    ("然后就这样吧", "然后就这样吧", "然后就这样吧", Tier.EXACT),
    # writing: Traditional, width, case, punctuation
    ("我们不负责任", "我們不負責任", "我們不負責任", Tier.EXACT),
    ("这不归我管", "這不歸我館", "這不歸我館", Tier.HOMOPHONE),
    ("请加VIP群", "请加ｖｉｐ群", "请加ｖｉｐ群", Tier.EXACT),
    ("请加VIP群", "请加 Vip 群", "请加 Vip 群", Tier.EXACT),
    ("我不知道", "我，不知道。", "我，不知道", Tier.EXACT),
    ("我不知道", "我 不 知 道", "我 不 知 道", Tier.EXACT),
    # numbers
    ("十五天内到账", "15天内到账", "15天内到账", Tier.EXACT),
    ("15天内到账", "十五天内到账", "十五天内到账", Tier.EXACT),
    ("15天内到账", "十五天内到帐", "十五天内到帐", Tier.HOMOPHONE),
    ("年化百分之八", "年化8%", "年化8%", Tier.EXACT),
    ("年化8%", "年化百分之八", "年化百分之八", Tier.EXACT),
    ("赔二百零六块", "赔206块", "赔206块", Tier.EXACT),
    ("打12315投诉", "打一二三一五投诉", "打一二三一五投诉", Tier.EXACT),
    # optional parts and choices
    ("(不|没法|没办法)[能够]处理[这个|您的]问题", "没办法处理您的问题", "没办法处理您的问题", Tier.EXACT),
    ("(不|没法|没办法)[能够]处理[这个|您的]问题", "没法能够处理问题", "没法能够处理问题", Tier.EXACT),
    ("(不|没法|没办法)[能够]处理[这个|您的]问题", "梅办法处里问题", "梅办法处里问题", Tier.HOMOPHONE),
    ("您(去|找)别人(问|投诉)[吧]", "您找别人投宿", "您找别人投宿", Tier.HOMOPHONE),
    ("您(去|找)别人(问|投诉)[吧]", "您去别人问吧", "您去别人问吧", Tier.EXACT),
    ("不是我(说|讲)的", "不是我江的", "不是我江的", Tier.HOMOPHONE),
    # lists
    ("保证{收益词}", "保证赚钱", "保证赚钱", Tier.EXACT),
    ("保证{收益词}", "包证受益", "包证受益", Tier.HOMOPHONE),
    ("加我{渠道}", "加我qq", "加我qq", Tier.EXACT),
    ("加我{渠道}", "加我威信", "加我威信", Tier.HOMOPHONE),
    # number slots
    ("年化...8{百分比}", "年化大概能到百分之八", "年化大概能到百分之八", Tier.EXACT),
    ("年化...8{百分比}", "年化能到8.5%", "年化能到8.5%", Tier.EXACT),
    ("年化...8{百分比}", "年话能有八个点", "年话能有八个点", Tier.HOMOPHONE),
    ("赔您{金额}", "陪您三百块钱", "陪您三百块钱", Tier.HOMOPHONE),
    ("{时间}之内退款", "三个工作日之内退款", "三个工作日之内退款", Tier.EXACT),
    ("打我{电话}", "打我13800138000", "打我13800138000", Tier.EXACT),
    ("只有{数字}个名额", "只有三个名额", "只有三个名额", Tier.EXACT),
    # gaps
    ("(保证|承诺|包)...{收益词}", "保证您一年有收益", "保证您一年有收益", Tier.EXACT),
    ("(保证|承诺|包)...{收益词}", "成诺您会有受益", "成诺您会有受益", Tier.HOMOPHONE),
    ("您投诉...10没用", "您投诉到哪里去也都是没用的", "您投诉到哪里去也都是没用", Tier.EXACT),
    ("您投诉...没用", "您投宿也是没用", "您投宿也是没用", Tier.HOMOPHONE),
    ("自己...看清楚", "自己嗯上网看清楚", "自己嗯上网看清楚", Tier.EXACT),
    # any order
    ("内部(员工|渠道)&(返现|返点|优惠)", "优惠是内部渠道才有的", "优惠是内部渠道", Tier.EXACT),
    ("内部(员工|渠道)&(返现|返点|优惠)", "内部员工反点", "内部员工反点", Tier.HOMOPHONE),
    ("身份证&银行卡&密码", "密码银行卡还有身份证", "密码银行卡还有身份证", Tier.EXACT),
    # literal
    ('加我"VX"', "加我ＶＸ", "加我ＶＸ", Tier.EXACT),
    ('"微信"转账给我', "微信转帐给我", "微信转帐给我", Tier.HOMOPHONE),
    # long phrases are heard in parts
    (
        "您好很高兴为您服务请问有什么可以帮您",
        "您好很高兴为您服务请问有什么可以邦您",
        "您好很高兴为您服务请问有什么可以邦您",
        Tier.HOMOPHONE,
    ),
    (
        "您好很高兴为您服务请问有什么可以帮您",
        "您好，很高兴为您服务，请问有什么可以帮您？",
        "您好，很高兴为您服务，请问有什么可以帮您",
        Tier.EXACT,
    ),
    (
        "感谢您的来电请稍后对我的服务做出评价再见",
        "感谢您的来电请搜后对我的服务做出平价再见",
        "感谢您的来电请搜后对我的服务做出平价再见",
        Tier.FUZZY,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("say", "text", "expected", "tier"), HITS, ids=[f"{c[0]} ← {c[1]}" for c in HITS]
)
def test_pattern_is_heard(say: str, text: str, expected: str, tier: Tier) -> None:
    found = matcher(say).find(text)
    assert [(m.heard, m.tier) for m in found] == [(expected, tier)]
    assert all(text[m.begin : m.end] == m.heard for m in found)


MISSES = [
    ("我不知道", "我知道"),
    ("我不知道", "你不知道"),
    ("知道", "直到"),
    ("保证", "报政"),
    ("不回", "不会"),
    ("没有这个规定", "有这个规定"),
    ("零下十度左右", "零下四度左右"),
    ("赔您三百块钱", "赔您五百块钱"),
    ("十五天内到账", "50天内到账"),
    ('"微信"转账给我', "威信转账给我"),
    ('加我"VX"', "加我微信"),
    ("您投诉...没用", "您投诉我们一定会处理请不要觉得没用"),
    ("自己...看清楚", "看清楚自己"),
    ("内部(员工|渠道)&(返现|返点|优惠)", "内部员工"),
    ("年化...8{百分比}", "年化收益不错"),
    ("赔您{金额}", "赔您一个道歉"),
    ("您(去|找)别人(问|投诉)[吧]", "您找我投诉"),
    ("我们不负责任", "我们很负责任"),
    ("请稍等一下", "请问一下"),
    ("帮您查询一下", "帮您登记一下"),
]


@pytest.mark.parametrize(("say", "text"), MISSES, ids=[f"{a} ← {b}" for a, b in MISSES])
def test_something_else_is_not_heard(say: str, text: str) -> None:
    assert matcher(say).find(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我保证您有收益", ["保证您有收益"]),
        ("我不保证您有收益", []),
        ("我不能保证您有收益", []),
        ("我部保证您有收益", []),
        ("我不会说保证您有收益", ["保证您有收益"]),
    ],
)
def test_exception_excuses_a_hit_that_it_overlaps(text: str, expected: list[str]) -> None:
    rule = matcher("保证...{收益词}", unless=["不[能]保证"])
    assert heard(rule.find(text)) == expected


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("年化百分之八仅供参考", 0),
        ("年化百分之八紧供参考", 0),
        ("年化百分之八这个数字仅供参考", 0),
        ("年化百分之八您放心买就好了真的没问题不过仅供参考", 1),
        ("历史业绩年化百分之八", 0),
    ],
)
def test_exception_nearby_excuses_within_its_reach(text: str, hits: int) -> None:
    rule = matcher("年化{百分比}", near={"仅供参考": 8, "历史业绩": 8})
    assert len(rule.find(text)) == hits


def test_overlapping_ways_of_one_rule_are_one_hit_the_fullest() -> None:
    assert heard(matcher("不知道", "我不知道", "我不知").find("我不知道")) == ["我不知道"]


def test_each_occurrence_is_a_hit() -> None:
    assert len(matcher("我不知道").find("我不知道真的我不之道")) == 2


def test_different_rules_share_a_place() -> None:
    assert len(Matcher.from_phrases(["我不知道", "不知道"]).find("我不知道")) == 2


def test_strictness_moves_the_threshold() -> None:
    text, say = "我帮您登基一个", "我帮您登记个"
    scores = [m.score for m in matcher(say).find(text, min_score=0.01)]
    loose = matcher(say, strict=Strictness.LOOSE).find(text)
    strict = matcher(say, strict=Strictness.STRICT).find(text)
    assert len(scores) >= len(loose) >= len(strict)


def test_min_score_replaces_every_threshold() -> None:
    rule = matcher("知道", strict=Strictness.STRICT)
    assert rule.find("直到") == []
    (found,) = rule.find("直到", min_score=0.1)
    assert found.tier is Tier.HOMOPHONE


def test_find_many_tells_what_find_tells() -> None:
    rule = matcher("我不知道", "保证...{收益词}")
    texts = ["我不之道", "", "嗯", "保证您一定有受益", "今天天气好"] * 3
    assert rule.find_many(texts) == [rule.find(text) for text in texts]


@pytest.mark.parametrize(
    ("say", "text", "expected"),
    [
        ("我不知道", "我不知道", "听到“我不知道”，与“我不知道”一致"),
        ("我不知道", "我不之道", "听到“我不之道”，匹配“我不知道”：之=知（zhi）"),
        ("这不归我管的", "这不归我款的", "听到“这不归我款的”，匹配“这不归我管的”：款≈管（kuan/guan）"),
        ("你自己看说明书去吧", "你自己看看说明书去吧", "听到“你自己看看说明书去吧”，匹配“你自己看说明书去吧”：多“看”"),
        ("这件事情跟我们没有关系", "这件事跟我们没有关系", "听到“这件事跟我们没有关系”，匹配“这件事情跟我们没有关系”：少“情”"),
    ],
)  # fmt: skip
def test_hit_explains_itself(say: str, text: str, expected: str) -> None:
    assert matcher(say).find(text)[0].why == expected


@pytest.mark.parametrize("text", ["", " ", "。，！", "😀", "\n", "<unk>", "𠮷", "한국어", "　"])
def test_odd_text_is_no_hit_and_no_error(text: str) -> None:
    assert matcher("我不知道", "{数字}个").find(text, min_score=0.0) == []


def test_phrase_of_marks_alone_is_left_out() -> None:
    assert Matcher.from_phrases(["。。。", "我不知道"]).find("我不知道")[0].owner == "我不知道"
