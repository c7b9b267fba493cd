"""A number dictated in pieces, or given in answer to a question, is covered all the same."""

from __future__ import annotations

import pytest

from benchmarks.redaction import split_recall
from qa_engine.privacy import ConversationLine, mask_lines, mask_name
from qa_engine.privacy.digits import SPOKEN
from tests.qa_engine.privacy.dictations import DICTATED
from tests.qa_engine.privacy.forms import dictations


def covered(*said: str) -> list[str]:
    """`said` as `a:…` (agent) or `c:…` (customer), masked."""
    return mask_lines([ConversationLine(text[0], text[2:]) for text in said])


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            ["c:我的号码是幺三八", "a:嗯", "c:嗯，零零幺三", "c:八零零零。"],
            ["我的号码是***", "嗯", "嗯，****", "****。"],
        ),
        (["c:一三八", "a:一三八", "c:零零一三八零零零"], ["***", "***", "********"]),
        (["a:请报一下短信验证码", "c:四八二九"], ["请报一下短信验证码", "****"]),
        (["a:您身份证后四位是多少", "c:幺二三四"], ["您身份证后四位是多少", "****"]),
        (
            ["c:一一零一零一", "a:好的", "c:一九九零零三零七", "a:嗯", "c:一二三叉"],
            ["******", "好的", "********", "嗯", "****"],
        ),
        (
            ["c:卡号六二二二，零二一二", "c:三四五六七八九零一二三"],
            ["卡号*********", "***********"],
        ),
        (["c:手机一三八双零", "a:嗯", "c:一三八", "c:三个零"], ["手机*****", "嗯", "***", "***"]),
        (["c:一三八", "c:双零一三八三个零"], ["***", "********"]),
        (["c:手机一三八双", "a:您说", "c:零一三八三个零"], ["手机****", "您说", "*******"]),
        (
            ["c:邮箱是zhangsan", "a:zhangsan，好的", "c:艾特一六三", "a:嗯", "c:点com"],
            ["邮箱是********", "********，好的", "*****", "嗯", "****"],
        ),
        (["c:li下划线jing", "a:嗯", "c:@126.com就行"], ["*********", "嗯", "********就行"]),
        (
            ["a:请问邮箱是多少", "c:wang.fang艾特", "c:corp点com"],
            ["请问邮箱是多少", "***********", "********"],
        ),
        (["c:邮箱是zhangsan，一六三的"], ["邮箱是********，一六三的"]),
    ],
)
def test_a_number_over_several_turns_is_covered(said: list[str], left: list[str]) -> None:
    assert covered(*said) == left


@pytest.mark.parametrize(
    "said",
    [
        ["a:请问您订单号是多少", "c:二零二六一一二一"],
        ["a:您等了多久", "c:三十分钟", "c:四十分钟都有了"],
        ["c:一共一百二十八", "c:三九折"],
        ["a:我的工号是八零零一", "c:好的"],
        ["c:三", "c:两三个", "c:四五天"],
        ["c:要两份双", "c:人套餐"],
        ["c:邮箱收不到", "a:您的邮件地址对吗", "c:对的"],
        ["c:我在app上", "a:嗯", "c:点com就打开了"],
    ],
)
def test_everyday_numbers_over_several_turns_are_left(said: list[str]) -> None:
    assert covered(*said) == [text[2:] for text in said]


def test_a_number_is_covered_however_it_is_dictated() -> None:
    """In pieces, with nods and words between, said back by the other one, handed over."""
    told = list(dictations())
    leaked = [
        (way, said, masked)
        for said, number, way in told
        if _readable("".join(masked := covered(*said)), number)
    ]

    assert len(told) >= 60
    assert len(leaked) <= 0.01 * len(told), leaked[:5]


def test_of_dictations_as_people_make_them_at_most_two_leave_a_piece() -> None:
    leaked = [
        turns
        for turns, number in DICTATED
        if any(_readable(_plain(line), number) for line in covered(*turns.split("|")))
    ]

    assert len(DICTATED) >= 60
    assert len(leaked) <= 2, leaked


def _plain(text: str) -> str:
    return "".join(SPOKEN.get(char, char) for char in text)


def test_at_least_99_percent_of_numbers_are_covered_wherever_they_are_cut_into_turns() -> None:
    covered_ones, cut = split_recall()

    assert cut >= 600
    assert covered_ones >= 0.99 * cut


def _readable(text: str, number: str) -> bool:
    """Three signs of the number in a row."""
    return any(number[i : i + 3] in text for i in range(len(number) - 2))


@pytest.mark.parametrize(
    ("asked", "answered", "left"),
    [
        ("验证码收到以后您报给我。", "好，六位数是 382910。", "好，六位数是 ******。"),
        ("您收到的验证码念一下。", "好的，三八二九一零。", "好的，******。"),
        ("短信里的动态码是多少？", "嗯 4829", "嗯 ****"),
        ("您稍等。", "六位数是三八二九一零", "六位数是******"),
        ("密码您别告诉别人。", "我交了 2000 元。", "我交了 2000 元。"),
        ("您念一下验证码。", "我是 2024 年办的。", "我是 2024 年办的。"),
        ("一共交了多少？", "六位数是 120000 元", "六位数是 120000 元"),
        ("密码不用管。", "我住了 1980 天。", "我住了 1980 天。"),
    ],
)
def test_a_code_that_the_other_one_asked_for_is_covered_and_an_amount_is_not(
    asked: str, answered: str, left: str
) -> None:
    assert covered(f"a:{asked}", f"c:{answered}")[1] == left


def test_every_text_keeps_its_length() -> None:
    said = ["c:我的手机是幺三八", "a:您说", "c:零零幺三八零零零", "c:"]

    assert [len(x) for x in covered(*said)] == [len(x[2:]) for x in said]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("20261121-093012_13800138000_8001.wav", "20261121-093012_***********_8001.wav"),
        ("8613800138000.mp3", "*************.mp3"),
        ("11010119900307123X.wav", "******************.wav"),
        ("20261121093012345.wav", "20261121093012345.wav"),
        ("in-1763712345.wav", "in-1763712345.wav"),
        ("张三_话费.wav", "张三_话费.wav"),
    ],
)
def test_a_callers_number_in_a_file_name_is_covered(name: str, left: str) -> None:
    assert mask_name(name) == left
