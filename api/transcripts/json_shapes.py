"""The result files of recognisers, as their makers document them, to one `Dialogue`.

| shape | documented at |
|---|---|
| ours (report, or `{role, text, begin_ms}` rows) | qa_engine/report/schema.json |
| whisper, whisperx, faster-whisper | github.com/openai/whisper, github.com/m-bain/whisperX |
| funasr (Python and WebSocket results) | github.com/modelscope/FunASR |
| sherpa-onnx | k2-fsa.github.io/sherpa/onnx |
| aliyun (file transcription, and DashScope's) | help.aliyun.com/document_detail/90727.html |
| tencent (`DescribeTaskStatus`) | cloud.tencent.com/document/product/1093/37823 |
| iflytek (lfasr, versions 1 and 2) | www.xfyun.cn/doc/asr/ifasr_new/API.html |
| volcengine, huawei (`utterances`, `segments` with start_time) | volcengine.com/docs/6561/120559 |

What a shape is, is told by its keys. Every reader takes what is there and leaves what is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from api.transcripts.errors import TranscriptError
from models.recogniser import Word
from qa_engine.dialogue import Basis, Dialogue, SpokenLine

__all__ = ["dialogue_of"]

Row = Mapping[str, Any]

_TENCENT_LINE = re.compile(r"\[(\d+):(\d+)\.(\d+),(\d+):(\d+)\.(\d+)(?:,(\d+))?\]\s*(.*)")
_TOKEN_TAG = re.compile(r"<\|[^|>]*\|>")


def dialogue_of(value: Any) -> Dialogue:
    """Raises TranscriptError where no known shape fits, or a field is not what it should be."""
    try:
        for name, reader in _READERS.items():
            lines = reader(value)
            if lines is not None:
                return _dialogue(name, list(lines))
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise TranscriptError(
            f"a field of a {name} result is not what it should be ({type(error).__name__})"
        ) from None
    raise TranscriptError(
        "JSON of no known shape; expected rows with role and text, or the result of Whisper, "
        "WhisperX, FunASR, sherpa-onnx, Aliyun, Tencent or iFlytek"
    )


def _dialogue(shape: str, lines: list[SpokenLine]) -> Dialogue:
    lines = [replace(line, text=_TOKEN_TAG.sub("", line.text).strip()) for line in lines]
    lines = [line for line in lines if line.text]
    timed = bool(lines) and all(line.begin_ms is not None for line in lines)
    if timed:
        lines.sort(key=lambda line: line.begin_ms or 0)
    return Dialogue(lines=tuple(lines), shape=shape, basis=Basis.TIMES if timed else Basis.WORDS)


def _ours(value: Any) -> Iterable[SpokenLine] | None:
    rows = value.get("utterances") if isinstance(value, dict) else value
    if not _rows_with(rows, "text") or not any(
        key in rows[0] for key in ("role", "begin_ms", "speaker", "channel")
    ):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=_label(row, "role", "speaker", "channel"),
            begin_ms=_int(row, "begin_ms", "start_ms"),
            end_ms=_int(row, "end_ms"),
            words=tuple(
                Word(
                    text=word["text"],
                    begin_ms=int(word["begin_ms"]),
                    end_ms=int(word["end_ms"]),
                    confidence=float(word.get("confidence", 1.0)),
                )
                for word in row.get("words") or ()
            ),
            confidence=float(row.get("confidence", 1.0)),
            intelligible=bool(row.get("intelligible", True)),
        )
        for row in rows
        if row.get("is_final", True)
    )


def _whisper(value: Any) -> Iterable[SpokenLine] | None:
    rows = value.get("segments") if isinstance(value, dict) else None
    if not _rows_with(rows, "text", "start", "end"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=_label(row, "speaker", "channel"),
            begin_ms=_ms(row["start"]),
            end_ms=_ms(row["end"]),
            words=tuple(
                Word(
                    text=str(word.get("word", word.get("text", ""))).strip(),
                    begin_ms=_ms(word["start"]),
                    end_ms=_ms(word["end"]),
                    confidence=float(word.get("probability", word.get("score", 1.0))),
                )
                for word in row.get("words") or ()
                if "start" in word and "end" in word
            ),
        )
        for row in rows
    )


def _funasr(value: Any) -> Iterable[SpokenLine] | None:
    results = value if isinstance(value, list) else [value]
    if not results or not all(isinstance(result, dict) for result in results):
        return None
    if any(result.get("sentence_info") for result in results):
        return _funasr_sentences(results, "sentence_info", "text", "timestamp")
    if any(result.get("stamp_sents") for result in results):
        return _funasr_sentences(results, "stamp_sents", "text_seg", "ts_list")
    if all("text" in r and ("mode" in r or "wav_name" in r or "key" in r) for r in results):
        return _funasr_whole(results)
    return None


def _funasr_sentences(
    results: Iterable[Row], sentences: str, text: str, times: str
) -> Iterator[SpokenLine]:
    for result in results:
        for row in result.get(sentences) or ():
            spans = row.get(times) or []
            # Some versions give the last character's begin as the sentence's.
            begin = spans[0][0] if spans else row.get("start")
            end = spans[-1][1] if spans else row.get("end")
            said = str(row[text])
            yield SpokenLine(
                text=said.replace(" ", "") + str(row.get("punc", "")),
                speaker=_label(row, "spk") or str(result.get("channel", "")),
                begin_ms=None if begin is None else int(begin),
                end_ms=None if end is None else int(end),
                words=_characters(said.split() if " " in said else said, spans),
            )


def _funasr_whole(results: Iterable[Row]) -> Iterator[SpokenLine]:
    for result in results:
        stamps = result.get("timestamp") or []
        spans = json.loads(stamps) if isinstance(stamps, str) else stamps
        yield SpokenLine(
            text=str(result["text"]),
            speaker=_label(result, "spk", "channel"),
            begin_ms=int(spans[0][0]) if spans else None,
            end_ms=int(spans[-1][1]) if spans else None,
            words=_characters(str(result["text"]), spans),
        )


def _sherpa(value: Any) -> Iterable[SpokenLine] | None:
    rows = value if isinstance(value, list) else [value]
    if not _rows_with(rows, "text", "timestamps"):
        return None
    lines = []
    for row in rows:
        starts = [_ms(float(at) + float(row.get("start", 0))) for at in row["timestamps"]]
        tokens = [str(token).strip() for token in row.get("tokens", ())]
        ends = [*starts[1:], (starts[-1] + 200) if starts else 0]
        words = tuple(
            Word(text=token, begin_ms=begin, end_ms=max(begin, end), confidence=1.0)
            for token, begin, end in zip(tokens, starts, ends, strict=False)
            if token
        )
        lines.append(
            SpokenLine(
                text=str(row["text"]),
                speaker=_label(row, "speaker", "channel"),
                begin_ms=starts[0] if starts else None,
                end_ms=ends[-1] if starts else None,
                words=words,
            )
        )
    return lines


def _aliyun(value: Any) -> Iterable[SpokenLine] | None:
    if not isinstance(value, dict):
        return None
    result = value.get("Result") or value.get("result") or value
    sentences = result.get("Sentences") if isinstance(result, dict) else None
    if _rows_with(sentences, "Text", "BeginTime"):
        return (
            SpokenLine(
                text=str(row["Text"]),
                speaker=_label(row, "SpeakerId", "ChannelId"),
                begin_ms=int(row["BeginTime"]),
                end_ms=_int(row, "EndTime"),
            )
            for row in sentences
        )
    if not _rows_with(value.get("transcripts"), "sentences"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=_label(row, "speaker_id") or _label(track, "channel_id"),
            begin_ms=_int(row, "begin_time"),
            end_ms=_int(row, "end_time"),
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


def _tencent(value: Any) -> Iterable[SpokenLine] | None:
    if not isinstance(value, dict):
        return None
    data = value.get("Response", value)
    data = data.get("Data", data) if isinstance(data, dict) else {}
    detail = data.get("ResultDetail") if isinstance(data, dict) else None
    if _rows_with(detail, "FinalSentence"):
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


def _tencent_line(row: Row) -> SpokenLine:
    begin_ms = int(row.get("StartMs") or 0)
    return SpokenLine(
        text=str(row["FinalSentence"]),
        speaker=_label(row, "SpeakerId"),
        begin_ms=begin_ms,
        end_ms=_int(row, "EndMs"),
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


def _iflytek(value: Any) -> Iterable[SpokenLine] | None:
    data = value.get("data", value) if isinstance(value, dict) else value
    rows = json.loads(data) if isinstance(data, str) and data.startswith("[") else data
    if _rows_with(rows, "onebest", "bg"):
        return (
            SpokenLine(
                text=str(row["onebest"]),
                speaker=_label(row, "speaker"),
                begin_ms=int(row["bg"]),
                end_ms=_int(row, "ed"),
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
        speaker=_label(sentence, "rl"),
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


def _clouds(value: Any) -> Iterable[SpokenLine] | None:
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
    if not _rows_with(rows, "text", "start_time"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=_label(row.get("additions") or row, "speaker", "channel_id"),
            begin_ms=int(row["start_time"]),
            end_ms=_int(row, "end_time"),
        )
        for row in rows
    )


_READERS: Mapping[str, Callable[[Any], Iterable[SpokenLine] | None]] = {
    "sherpa-onnx": _sherpa,
    "funasr": _funasr,
    "aliyun": _aliyun,
    "tencent": _tencent,
    "iflytek": _iflytek,
    "cloud": _clouds,
    "whisper": _whisper,
    "ours": _ours,
}


def _rows_with(rows: Any, *keys: str) -> TypeGuard[list[dict[str, Any]]]:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, dict) and all(key in row for key in keys) for row in rows)
    )


def _label(row: Row, *keys: str) -> str:
    return next((str(row[key]) for key in keys if row.get(key) not in (None, "")), "")


def _int(row: Row, *keys: str) -> int | None:
    return next((int(row[key]) for key in keys if row.get(key) is not None), None)


def _ms(seconds: Any) -> int:
    return round(float(seconds) * 1000)


def _characters(said: Iterable[str], spans: Iterable[Any]) -> tuple[Word, ...]:
    """Characters with their times; punctuation has none and is passed over."""
    spoken = [sign for sign in said if sign.strip() and sign not in "，。？！、,.?!；："]
    return tuple(
        Word(text=sign, begin_ms=int(span[0]), end_ms=int(span[1]), confidence=1.0)
        for sign, span in zip(spoken, spans, strict=False)
    )
