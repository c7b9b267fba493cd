"""When a bank card expires is covered however it is said; other dates that end something stay."""

from __future__ import annotations

import pytest

from tests.qa_engine.privacy.test_cards_and_plates import masked, texts

EXPIRIES = [
    (["信用卡有效期是零八二九"], "零八二九"),
    (["卡片正面有效期四位数零八二九"], "零八二九"),
    (["有效期零八斜杠二九"], "零八斜杠二九"),
    (["有效期是08/29"], "08/29"),
    (["有效期零八杠二九"], "零八杠二九"),
    (["有效期是０８２９"], "０８２９"),
    (["到期日是零八二九"], "零八二九"),
    (["卡的失效年月是一一二七"], "一一二七"),
    (["您卡上的有效期限是一二三零"], "一二三零"),
    (["信用卡有效期是零八，二九"], "零八，二九"),
    (["卡的有效期到二零二九年八月"], "二零二九年八月"),
    (["这张卡的有效期到二九年八月份"], "二九年八月份"),
    (["信用卡的有效期是十二月二八年"], "十二月二八年"),
    (["银行卡有效期到2029年8月"], "2029年8月"),
    (["卡号6222021234567890123有效期0829"], "0829"),
    (["a:您信用卡的有效期是多少", "c:零八二九"], "零八二九"),
    (["a:再报一下卡片正面的有效期", "c:嗯，零八，二九"], "零八，二九"),
    (["a:麻烦报一下有效期", "c:幺幺二八"], "幺幺二八"),
    (["a:信用卡背面三位和有效期", "c:有效期是二零二八年十二月"], "二零二八年十二月"),
]

BY_SOUND = [
    (["沪必三二一五六"], "三二一五六"),
    (["粤比一二三四五"], "一二三四五"),
    (["车牌是京诶八八六三二"], "八八六三二"),
    (["川迪点一二三四五"], "一二三四五"),
    (["苏易K二三四五那辆车"], "二三四五"),
]

CLEAN = [
    ["套餐有效期是三十天"],
    ["优惠券有效期到十二月三十一号"],
    ["您的套餐有效期到二零二七年八月"],
    ["套餐到期日是零八二九"],
    ["合同有效期一年"],
    ["身份证有效期到二零三零年五月"],
    ["流量卡有效期08/29"],
    ["积分有效期到二零二六年十二月"],
    ["有效期一共三年"],
    ["有效期截止到2026年12月31日"],
    ["信用卡账单日是八月二十九号"],
    ["信用卡的有效期请不要告诉别人"],
    ["信用卡有效期还有三年"],
    ["a:您信用卡的有效期快到了", "c:我等了三十分钟"],
    ["湖北开了一二三四五张"],
    ["我在豫西一二三四"],
    ["湘西三十个县"],
]


@pytest.mark.parametrize(("said", "date"), [*EXPIRIES, *BY_SOUND])
def test_it_is_covered_whole_wherever_it_is_said(said: list[str], date: str) -> None:
    assert date in "".join(texts(said))
    left = "|".join(masked(said))

    assert not any(sign in left for sign in (date, date[:2], date[-2:])), left


@pytest.mark.parametrize("said", CLEAN)
def test_what_only_sounds_like_it_stays(said: list[str]) -> None:
    assert masked(said) == texts(said)


def test_words_beside_it_stay() -> None:
    assert masked(["有效期是08/29，姓名王先生"]) == ["有效期是*****，姓名王先生"]
