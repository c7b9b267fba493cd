"""Plain dialogues (坐席：… a line) and subtitles (SRT, WebVTT)."""

from __future__ import annotations

import re

from api.transcripts.errors import TranscriptError
from qa_engine.dialogue import Basis, Dialogue, SpokenLine

__all__ = ["read_plain", "read_subtitles"]

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_STAMP = re.compile(rf"^\s*[\[(【（]?\s*{_CLOCK}\s*[\])】）]?\s*")
_SPAN = re.compile(rf"{_CLOCK}\s*-->\s*{_CLOCK}")
_LABEL = re.compile(
    r"^\s*[\[【(（]?([^\s:：\[\]【】()（）]{1,20})[\]】)）]?\s*[:：]\s*(.*)$", re.DOTALL
)
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")


def read_plain(text: str) -> Dialogue:
    """Lines such as `坐席：您好` or `[00:03.2] 客户: 喂`; one without a label goes on.

    Raises TranscriptError where no line says who speaks.
    """
    lines: list[SpokenLine] = []
    timed = True
    for number, raw in enumerate(text.splitlines(), start=1):
        stamp = _STAMP.match(raw)
        rest = raw[stamp.end() :] if stamp else raw
        if not rest.strip() or rest.lstrip().startswith("#"):
            continue
        label = _LABEL.match(rest)
        if not label and not lines:
            raise TranscriptError(
                f"line {number}: nobody says who speaks; expected lines such as 坐席：… and 客户：…"
            )
        speaker, said = (label[1], label[2]) if label else (lines[-1].speaker, rest.strip())
        timed = timed and stamp is not None
        if said.strip():
            begin_ms = _ms(*stamp.groups()) if stamp else None
            lines.append(SpokenLine(text=said.strip(), speaker=speaker, begin_ms=begin_ms))
    return Dialogue(
        lines=tuple(lines), shape="text", basis=Basis.TIMES if timed and lines else Basis.WORDS
    )


def read_subtitles(text: str, shape: str) -> Dialogue:
    """Cues with their times; the speaker from `坐席：…` or WebVTT's `<v 坐席>`."""
    lines: list[SpokenLine] = []
    speaker = ""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        span = _SPAN.search(block)
        if span is None:
            continue
        clock = span.groups()
        said = " ".join(block[span.end() :].split("\n")[1:]).strip()
        voice = _VOICE.search(said)
        said = _TAG.sub("", said).strip()
        label = _LABEL.match(said)
        if voice:
            speaker = voice[1].strip()
        elif label:
            speaker, said = label[1], label[2].strip()
        if said:
            lines.append(
                SpokenLine(
                    text=said, speaker=speaker, begin_ms=_ms(*clock[:4]), end_ms=_ms(*clock[4:])
                )
            )
    if not lines:
        raise TranscriptError("no subtitle with a time such as 00:00:01,000 --> 00:00:02,500")
    return Dialogue(lines=tuple(lines), shape=shape, basis=Basis.TIMES)


def _ms(
    hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None = None
) -> int:
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0")[:3])
