"""Whatever recogniser wrote it, a dialogue comes out with the same lines, speakers and times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.transcripts import TranscriptError, read_transcript
from qa_engine.dialogue import Basis, Dialogue
from tests.api.transcripts.samples import AGENT, CUSTOMER, SHAPES


def read(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Dialogue:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_transcript(path)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_recogniser_s_result_gives_the_same_lines(shape: str, tmp_path: Path) -> None:
    found = read(tmp_path, "call.json", json.dumps(SHAPES[shape], ensure_ascii=False))

    said = [line.text.strip("，。") for line in found.lines]
    assert said == [AGENT, CUSTOMER]
    assert len(found.speakers) == 2
    assert [line.begin_ms for line in found.lines] == [200, 1800]
    assert all(
        abs((line.end_ms or 0) - end) <= 200
        for line, end in zip(found.lines, (1400, 2600), strict=True)
    )
    assert found.basis is Basis.TIMES


@pytest.mark.parametrize(
    "shape",
    ["whisperx", "funasr", "funasr-websocket", "sherpa-onnx", "dashscope", "tencent", "iflytek-2"],
)
def test_times_of_words_are_kept_where_the_result_has_them(shape: str, tmp_path: Path) -> None:
    found = read(tmp_path, "call.json", json.dumps(SHAPES[shape]))

    words = found.lines[0].words
    assert "".join(word.text for word in words) == AGENT
    assert all(200 <= word.begin_ms <= word.end_ms <= 1_450 for word in words)


def test_json_lines_are_one_dialogue(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps(row, ensure_ascii=False) for row in SHAPES["ours"])

    assert len(read(tmp_path, "call.jsonl", rows).lines) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_lines_are_read_in_the_encodings_people_have(encoding: str, tmp_path: Path) -> None:
    found = read(tmp_path, "a.txt", "坐席：您好\n客户: 喂\n\n还在吗\n", encoding)

    assert [(line.speaker, line.text) for line in found.lines] == [
        ("坐席", "您好"),
        ("客户", "喂"),
        ("客户", "还在吗"),
    ]
    assert found.basis is Basis.WORDS


def test_plain_lines_may_carry_times(tmp_path: Path) -> None:
    found = read(tmp_path, "a.txt", "[00:03.2] 坐席：您好\n[1:00:05] 客户：喂\n")

    assert [line.begin_ms for line in found.lines] == [3_200, 3_605_000]
    assert found.basis is Basis.TIMES


def test_subtitles_name_the_speaker_in_either_way(tmp_path: Path) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,500\n坐席：您好\n\n2\n00:00:03,000 --> 00:00:04,000\n客户：喂\n"
    vtt = (
        "WEBVTT\n\n00:01.000 --> 00:02.500\n<v 坐席>您好</v>\n\n"
        "00:03.000 --> 00:04.000\n<v 客户>喂</v>\n"
    )

    for name, text in (("a.srt", srt), ("a.vtt", vtt)):
        found = read(tmp_path, name, text)
        assert [(x.speaker, x.text, x.begin_ms) for x in found.lines] == [
            ("坐席", "您好", 1_000),
            ("客户", "喂", 3_000),
        ]


@pytest.mark.parametrize(
    "table",
    [
        "角色,内容,开始时间,结束时间\n坐席,您好,1.5,2\n客户,喂,00:03,00:04\n",
        "role\ttext\tbegin_ms\tend_ms\nagent\t您好\t1500\t2000\ncustomer\t喂\t3000\t4000\n",
    ],
)
def test_a_table_is_read_by_its_headings(table: str, tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", table)

    assert [line.begin_ms for line in found.lines] == [1_500, 3_000]


def test_a_workbook_is_read_like_a_table(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (("说话人", "说话内容"), ("坐席", "您好"), ("客户", "喂")):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")

    assert [x.text for x in read_transcript(tmp_path / "a.xlsx").lines] == ["您好", "喂"]


def test_a_chat_log_has_the_clock_of_its_lines(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "chat.csv",
        "发送时间,发送者,消息内容\n2026-03-01 09:05:10,客户,在吗\n2026/03/01 09:06:40,客服01,您好\n",
    )

    assert found.basis is Basis.CHAT
    assert [line.begin_ms for line in found.lines] == [0, 90_000]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '{"text": "您好', "JSON breaks off"),
        ("a.json", '{"what": 1}', "no known shape"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", '{"segments": [{"text": "x", "start": null, "end": 1}]}', "not what it should"),
        ("a.jsonl", '{"role": "agent", "text": "您好"}\n{oops\n', "line 2"),
        ("a.txt", "一段没有说话人的文字", "nobody says who speaks"),
        ("a.txt", "坐席：\n", "nothing is said"),
        ("a.srt", "坐席：您好", "no subtitle with a time"),
        ("a.csv", "谁,什么\n坐席,您好\n", "no heading"),
        ("a.csv", "", "empty table"),
        ("a.xlsx", "no zip", "not a workbook"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence_without_its_words(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(TranscriptError, match=told) as caught:
        read(tmp_path, name, text)

    assert "您好" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)
