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

What a shape is, is told by its keys. Every reader takes what is there and leaves what is not; they
are in `open_shapes.py` and `cloud_shapes.py`, ours is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from api.transcripts.cloud_shapes import aliyun, clouds, iflytek, tencent
from api.transcripts.errors import TranscriptError
from api.transcripts.open_shapes import funasr, sherpa, whisper
from api.transcripts.rows import has_rows, int_of, label_of
from models.recogniser import Word
from qa_engine.dialogue import Basis, Dialogue, SpokenLine

__all__ = ["dialogue_of"]

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
    if not has_rows(rows, "text") or not any(
        key in rows[0] for key in ("role", "begin_ms", "speaker", "channel")
    ):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=label_of(row, "role", "speaker", "channel"),
            begin_ms=int_of(row, "begin_ms", "start_ms"),
            end_ms=int_of(row, "end_ms"),
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


_READERS: Mapping[str, Callable[[Any], Iterable[SpokenLine] | None]] = {
    "sherpa-onnx": sherpa,
    "funasr": funasr,
    "aliyun": aliyun,
    "tencent": tencent,
    "iflytek": iflytek,
    "cloud": clouds,
    "whisper": whisper,
    "ours": _ours,
}
