"""`qa-engine match`: QA of text. Utterances on stdin, one JSON object with its hits a line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

import phrasebook as pb
from phrasebook.messages import say
from qa_engine.errors import QAError


def match(
    phrases: Annotated[
        Path | None,
        typer.Option(help="one plain phrase a line, or a phrasebook directory", metavar="FILE|DIR"),
    ] = None,
    phrasebook: Annotated[
        Path | None, typer.Option(help="a phrasebook directory (default: the bundled pack)")
    ] = None,
    role: Annotated[str, typer.Option(help="who speaks: agent, customer or any")] = "agent",
    min_score: Annotated[
        float | None, typer.Option(help="override every threshold, 0 to 1", min=0.0, max=1.0)
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines out (always so)")] = True,
) -> None:
    """Find phrases in text: one utterance a line in, plain or JSON with text, role, begin_ms."""
    from qa_engine.matching import Matcher
    from qa_engine.matching.jsonl import match_lines

    if phrases is not None and phrasebook is not None:
        raise typer.BadParameter("give --phrases or --phrasebook, not both")
    book = None
    if phrases is not None and not phrases.is_dir():
        matcher = Matcher.from_phrases(read_phrases(phrases))
    else:
        book = pb.load(phrases or phrasebook or pb.bundled())
        matcher = Matcher(book)
    out = sys.stdout
    for row in match_lines(
        decoded_lines(sys.stdin.buffer), matcher, book, role=role, min_score=min_score
    ):
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
    out.flush()


def decoded_lines(raw: Iterable[bytes]) -> Iterator[str]:
    """Each line as UTF-8, or as GB18030, which a Chinese Windows writes.

    Raises QAError where a line is neither.
    """
    for line in raw:
        yield _decoded(line)


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise QAError(say("the text is neither UTF-8 nor GB18030; pipe UTF-8 in"))


def read_phrases(path: Path) -> list[str]:
    """The phrases of a plain file, in order; empty lines are skipped. Raises QAError."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise QAError(f"{path}: cannot read the phrases ({reason}); name a text file") from None
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise QAError(f"{path}: no phrases found, expected one a line")
    return found
