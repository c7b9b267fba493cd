"""Whose words: quotations by their marker and their clause, and what is the speaker's own."""

from __future__ import annotations

import pytest

from qa_engine.deciding.quoted import is_quoted, quoted_spans


def own(text: str, words: str) -> bool:
    begin = text.rindex(words)
    return not is_quoted(begin, begin + len(words), quoted_spans(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("您说您不知道密码对吗", "不知道", id="您说"),
        pytest.param("您刚才说我不知道", "我不知道", id="您刚才说"),
        pytest.param("您刚才说，我不知道", "我不知道", id="逗号之后"),
        pytest.param("您说：“我不知道”", "我不知道", id="引号"),
        pytest.param("有人跟您说我们做不到", "我们做不到", id="有人跟您说"),
        pytest.param("客户说您搞错了", "您搞错了", id="客户说"),
        pytest.param("他们说您搞错了", "您搞错了", id="他们说"),
        pytest.param("您的意思是我们做不到吗", "我们做不到", id="您的意思是"),
        pytest.param("您是说我们做不到", "我们做不到", id="您是说"),
        pytest.param("您说是您弄错了", "是您弄错了", id="是属于原话"),
        pytest.param("我同事告诉您我们做不到", "我们做不到", id="同事告诉您"),
        pytest.param("前面的客服跟您说办不了", "办不了", id="前面的客服"),
        pytest.param("我没说我们做不到", "我们做不到", id="否认说过"),
        pytest.param("您觉得我不知道是吗", "我不知道", id="您觉得"),
        pytest.param("您說您不知道密碼", "不知道", id="繁体"),
        pytest.param("您 刚才 说 我 不知道", "不知道", id="空格"),
        pytest.param("你们客服说这个办不了", "办不了", id="客户转述客服"),
    ],
)
def test_words_of_others_are_quoted(text: str, words: str) -> None:
    assert not own(text, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("我说我不知道", "我不知道", id="我说"),
        pytest.param("我跟您说我不知道", "我不知道", id="我跟您说"),
        pytest.param("我告诉您我们做不到", "我们做不到", id="我告诉您"),
        pytest.param("请您说一下我不知道", "我不知道", id="请您说一下"),
        pytest.param("您说吧我不知道", "我不知道", id="您说吧"),
        pytest.param("您说得对我不知道", "我不知道", id="您说得对"),
        pytest.param("您说的这个问题我不知道", "我不知道", id="您说的这个问题"),
        pytest.param("您反映的问题我们做不到", "我们做不到", id="您反映的问题"),
        pytest.param("您说您忘了密码，我不知道", "我不知道", id="逗号以后"),
        pytest.param("您说您忘了密码是吗我不知道", "我不知道", id="问句以后"),
        pytest.param("您说您打了电话但是我不知道", "我不知道", id="转折以后"),
        pytest.param("您好我不知道", "我不知道", id="您好"),
        pytest.param("他不知道我也不知道", "我也不知道", id="没有说"),
        pytest.param("您说" + "那天下雨路上很堵车又坏了" * 3 + "我不知道", "我不知道", id="太长"),
    ],
)
def test_words_of_ones_own_are_not(text: str, words: str) -> None:
    assert own(text, words)


@pytest.mark.parametrize("text", ["", "您说", "您说，", "您的意思是"])
def test_marker_without_words_quotes_nothing_said(text: str) -> None:
    assert all(not text[span.begin : span.end].strip("，") for span in quoted_spans(text))


@pytest.mark.parametrize("text", ["您刚才说我不知道对吗", "客户说您搞错了，我不知道"])
def test_text_growing_on_the_right_never_frees_a_quotation(text: str) -> None:
    words = "我不知道" if "刚才" in text else "您搞错了"
    end = text.index(words) + len(words)
    begin = end - len(words)
    grown = (text[:size] for size in range(end, len(text) + 1))
    assert all(is_quoted(begin, end, quoted_spans(partial)) for partial in grown)
