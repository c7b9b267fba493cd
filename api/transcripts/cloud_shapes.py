"""The result files of cloud services: Aliyun, Tencent, iFlytek, Volcengine, Huawei."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from api.transcripts.rows import TranscriptRow, has_rows, int_of, label_of
from models.recogniser import Word
from qa_engine.dialogue import SpokenLine

_TENCENT_LINE = re.compile(r"\[(\d+):(\d+)\.(\d+),(\d+):(\d+)\.(\d+)(?:,(\d+))?\]\s*(.*)")


def aliyun(value: Any) -> Iterable[SpokenLine] | None:
    """`Sentences` of the file transcription, or DashScope's `transcripts`; times in ms."""
    if not isinstance(value, dict):
        return None
    result = value.get("Result") or value.get("result") or value
    sentences = result.get("Sentences") if isinstance(result, dict) else None
    if has_rows(sentences, "Text", "BeginTime"):
        return (
            SpokenLine(
                text=str(row["Text"]),
                speaker=label_of(row, "SpeakerId", "ChannelId"),
                begin_ms=int(row["BeginTime"]),
                end_ms=int_of(row, "EndTime"),
            )
            for row in sentences
        )
    if not has_rows(value.get("transcripts"), "sentences"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=label_of(row, "speaker_id") or label_of(track, "channel_id"),
            begin_ms=int_of(row, "begin_time"),
            end_ms=int_of(row, "end_time"),
            words=tuple(
                Word(
                    text=str(word["text"]),
                    begin_ms=int(word["begin_time"]),
                    end_ms=int(word["end_time"]),
                    confidence=1.0,
                )
                for word in row.get("words") or ()
            ),
        )
        for track in value["transcripts"]
        for row in track["sentences"]
    )


def tencent(value: Any) -> Iterable[SpokenLine] | None:
    """`ResultDetail`, or the lines of `Result` with `[m:s.ms,m:s.ms,speaker]` before each."""
    if not isinstance(value, dict):
        return None
    data = value.get("Response", value)
    data = data.get("Data", data) if isinstance(data, dict) else {}
    detail = data.get("ResultDetail") if isinstance(data, dict) else None
    if has_rows(detail, "FinalSentence"):
        return (_tencent_line(row) for row in detail)
    result = data.get("Result") if isinstance(data, dict) else None
    if not isinstance(result, str) or not _TENCENT_LINE.search(result):
        return None
    return (
        SpokenLine(
            text=said,
            speaker=speaker or "",
            begin_ms=(int(m1) * 60 + int(s1)) * 1000 + int(f1),
            end_ms=(int(m2) * 60 + int(s2)) * 1000 + int(f2),
        )
        for m1, s1, f1, m2, s2, f2, speaker, said in _TENCENT_LINE.findall(result)
    )


def _tencent_line(row: TranscriptRow) -> SpokenLine:
    begin_ms = int(row.get("StartMs") or 0)
    return SpokenLine(
        text=str(row["FinalSentence"]),
        speaker=label_of(row, "SpeakerId"),
        begin_ms=begin_ms,
        end_ms=int_of(row, "EndMs"),
        words=tuple(
            Word(
                text=str(word["Word"]),
                begin_ms=begin_ms + int(word["OffsetStartMs"]),
                end_ms=begin_ms + int(word["OffsetEndMs"]),
                confidence=1.0,
            )
            for word in row.get("Words") or ()
        ),
    )


def iflytek(value: Any) -> Iterable[SpokenLine] | None:
    """Version 1's `onebest` rows, or version 2's lattice; JSON within JSON in both."""
    data = value.get("data", value) if isinstance(value, dict) else value
    rows = json.loads(data) if isinstance(data, str) and data.startswith("[") else data
    if has_rows(rows, "onebest", "bg"):
        return (
            SpokenLine(
                text=str(row["onebest"]),
                speaker=label_of(row, "speaker"),
                begin_ms=int(row["bg"]),
                end_ms=int_of(row, "ed"),
            )
            for row in rows
        )
    content = value.get("content", value) if isinstance(value, dict) else {}
    order = content.get("orderResult") if isinstance(content, dict) else None
    if order is None:
        return None
    result = json.loads(order) if isinstance(order, str) else order
    return (_iflytek_line(row["json_1best"]) for row in result["lattice"])


def _iflytek_line(best: Any) -> SpokenLine:
    """`wb` and `we` count frames of 10 ms from the sentence's begin."""
    sentence = (json.loads(best) if isinstance(best, str) else best)["st"]
    begin_ms = int(sentence["bg"])
    words = [
        (
            cell["cw"][0],
            begin_ms + int(cell.get("wb", 0)) * 10,
            begin_ms + int(cell.get("we", 0)) * 10,
        )
        for part in sentence["rt"]
        for cell in part["ws"]
        if cell.get("cw")
    ]
    return SpokenLine(
        text="".join(str(word["w"]) for word, _, _ in words),
        speaker=label_of(sentence, "rl"),
        begin_ms=begin_ms,
        end_ms=int(sentence["ed"]),
        words=tuple(
            Word(
                text=str(word["w"]),
                begin_ms=begin,
                end_ms=max(begin, end),
                confidence=float(word.get("wc") or 1.0),
            )
            for word, begin, end in words
            if word.get("wp") != "p"
        ),
    )


def clouds(value: Any) -> Iterable[SpokenLine] | None:
    """Volcengine's `result[].utterances` and Huawei's `segments[].result`, times in ms."""
    if not isinstance(value, dict):
        return None
    result = value.get("result")
    parts = result if isinstance(result, list) else [result]
    rows = [row for part in parts if isinstance(part, dict) for row in part.get("utterances") or ()]
    if not rows:
        rows = [
            {**row, **row["result"]}
            for row in value.get("segments") or ()
            if isinstance(row, dict) and isinstance(row.get("result"), dict)
        ]
    if not has_rows(rows, "text", "start_time"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=label_of(row.get("additions") or row, "speaker", "channel_id"),
            begin_ms=int(row["start_time"]),
            end_ms=int_of(row, "end_time"),
        )
        for row in rows
    )
