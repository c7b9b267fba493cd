"""The result files of recognisers that a site runs itself: Whisper's kin, FunASR, sherpa-onnx."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from api.transcripts.rows import TranscriptRow, has_rows, label_of, ms_of, timed_characters
from models.recogniser import Word
from qa_engine.dialogue import SpokenLine


def whisper(value: Any) -> Iterable[SpokenLine] | None:
    """`segments` with times in seconds, of Whisper, WhisperX, faster-whisper."""
    rows = value.get("segments") if isinstance(value, dict) else None
    if not has_rows(rows, "text", "start", "end"):
        return None
    return (
        SpokenLine(
            text=str(row["text"]),
            speaker=label_of(row, "speaker", "channel"),
            begin_ms=ms_of(row["start"]),
            end_ms=ms_of(row["end"]),
            words=tuple(
                Word(
                    text=str(word.get("word", word.get("text", ""))).strip(),
                    begin_ms=ms_of(word["start"]),
                    end_ms=ms_of(word["end"]),
                    confidence=float(word.get("probability", word.get("score", 1.0))),
                )
                for word in row.get("words") or ()
                if "start" in word and "end" in word
            ),
        )
        for row in rows
    )


def funasr(value: Any) -> Iterable[SpokenLine] | None:
    """With sentences of either API, or a whole text with times of its characters."""
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
    results: Iterable[TranscriptRow], sentences: str, text: str, times: str
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
                speaker=label_of(row, "spk") or str(result.get("channel", "")),
                begin_ms=None if begin is None else int(begin),
                end_ms=None if end is None else int(end),
                words=timed_characters(said.split() if " " in said else said, spans),
            )


def _funasr_whole(results: Iterable[TranscriptRow]) -> Iterator[SpokenLine]:
    for result in results:
        stamps = result.get("timestamp") or []
        spans = json.loads(stamps) if isinstance(stamps, str) else stamps
        yield SpokenLine(
            text=str(result["text"]),
            speaker=label_of(result, "spk", "channel"),
            begin_ms=int(spans[0][0]) if spans else None,
            end_ms=int(spans[-1][1]) if spans else None,
            words=timed_characters(str(result["text"]), spans),
        )


def sherpa(value: Any) -> Iterable[SpokenLine] | None:
    """Tokens and when each begins, in seconds; a token lasts until the next."""
    rows = value if isinstance(value, list) else [value]
    if not has_rows(rows, "text", "timestamps"):
        return None
    lines = []
    for row in rows:
        starts = [ms_of(float(at) + float(row.get("start", 0))) for at in row["timestamps"]]
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
                speaker=label_of(row, "speaker", "channel"),
                begin_ms=starts[0] if starts else None,
                end_ms=ends[-1] if starts else None,
                words=words,
            )
        )
    return lines
