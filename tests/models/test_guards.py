from __future__ import annotations

import pytest

from models import guards


@pytest.mark.parametrize(
    "text",
    [
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目",
        "字幕由Amara.org社区提供",
        "中文字幕志愿者 李宗盛",
        "感谢观看",
        "谢谢大家收看！",
        "作词：李宗盛 作曲：李宗盛",
        "优优独播剧场——YoYo Television Series Exclusive",
    ],
)
def test_what_whisper_writes_over_silence_is_known(text: str) -> None:
    assert guards.artefact(text)


@pytest.mark.parametrize(
    "text",
    [
        "您可以订阅我们的短信提醒",
        "谢谢您的来电再见",
        "麻烦您给我们的服务点个赞",
        "这个字幕功能在设置里面打开",
        "感谢您的支持和理解",
        "我帮您转发给后台同事",
    ],
)
def test_what_agents_really_say_is_no_artefact(text: str) -> None:
    assert not guards.artefact(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢" * 8,
        "嗯" * 12,
        "好的，" * 9,
        "我不知道我不知道我不知道我不知道我不知道我不知道",
        # What Whisper base wrote over human speech on a telephone line.
        "2-3-3-4-4-4-4-" + "1-" * 40,
        "2-3-3-4-4-4-4-1-1-1-1-2-2-3-3-4-4-4-1-1-2-2-3-3-4-4",
        "0" * 20,
        "1381234567" * 4,
        "然后我就说然后他就说然后我就说然后他就说然后我就说然后他就说",
    ],
)
def test_a_phrase_over_and_over_is_a_loop(text: str) -> None:
    assert guards.loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "喂喂喂",
        "好的好的好的",
        "谢谢谢谢",
        "对对对对对",
        "一一零零零零零",
        "一三八零零零零零零零零",
        "您好您好请讲",
        "6222 0000 0000 0000 123",
        "1、1、0、1、0、5、1、9、9、0、0、1、0、1、1、2、3、4",
        "13812345678，13812345678对吧",
        "不好意思不好意思不好意思这边帮您重新登记一下",
        "一二三四五六七八九十十一十二十三十四十五十六",
    ],
)
def test_people_repeat_themselves_a_little(text: str) -> None:
    assert not guards.loops(text)


@pytest.mark.parametrize(
    ("text", "speech_ms", "too_fast"),
    [
        ("您好请问有什么可以帮您", 2_000, False),
        ("嗯", 64, False),
        ("您好很高兴为您服务请问有什么可以帮您", 500, True),
    ],
    ids=["normal", "one syllable", "18 characters in half a second"],
)
def test_more_than_anyone_can_say_is_seen(text: str, speech_ms: int, too_fast: bool) -> None:
    assert guards.too_fast(text, speech_ms) is too_fast


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("明德保险", True),
        ("明德保险，尊享计划。", True),
        ("嗯明德保险", True),
        ("我想问一下明德保险怎么退", False),
        ("", False),
    ],
)
def test_a_text_that_is_mostly_what_was_to_be_expected_is_an_echo(text: str, echo: bool) -> None:
    assert guards.echoes(text, "明德保险 尊享计划") is echo


def test_nothing_echoes_where_nothing_was_to_be_expected() -> None:
    assert not guards.echoes("明德保险", "")


@pytest.mark.parametrize(
    ("text", "round"),
    [
        ("怎麼說呢?你怎麼說呢?你怎麼說呢?你", True),
        ("無敵人,無敵人,無敵人", True),
        ("有一年一年一年一年", True),
        ("想听歌曲幸运符号想听歌曲等你想听歌曲魔法", False),
        ("我不知道。我真的不知道。", False),
        ("好的好的您好请问有什么可以帮您", False),
        ("1381381381384", False),
    ],
)
def test_a_window_that_says_one_thing_again_and_again_is_seen(text: str, round: bool) -> None:
    assert guards.goes_round(text) is round
