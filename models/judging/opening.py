"""The judge in force: the file that `$QA_ENGINE_JUDGE` names, the store's, or the bundled one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from models.judging.sentence_judge import BUNDLED, JudgeError, SentenceJudge

__all__ = ["OF_STORE", "VARIABLE", "judge_at", "judging_by", "open_judge"]

VARIABLE = "QA_ENGINE_JUDGE"
OF_STORE = "QA_ENGINE_JUDGE_OF_STORE"
"""The file of the judge that people published: set by the product for the processes it starts."""
OFF = "off"
_log = logging.getLogger(__name__)


def open_judge() -> SentenceJudge | None:
    """The judge in force here, read once; None where there is none or it is switched off.

    `$QA_ENGINE_JUDGE`: a file that `qa-engine judge train` wrote, or `off`. Without the bundled
    file everything else works, and that is said once. Raises `JudgeError` where a named file
    cannot be used: who names one means it.
    """
    if (own := _own.get()) is not None:
        return own[0]
    return judge_at(os.environ.get(VARIABLE, "") or os.environ.get(OF_STORE, ""))


_own: ContextVar[tuple[SentenceJudge | None] | None] = ContextVar("judge", default=None)


@contextmanager
def judging_by(judge: SentenceJudge | None) -> Iterator[None]:
    """Inside, this judge whatever is in force: a call keeps the one that it began with."""
    token = _own.set((judge,))
    try:
        yield
    finally:
        _own.reset(token)


@cache
def judge_at(named: str) -> SentenceJudge | None:
    """By its file, `off`, or "" for the bundled one; as `open_judge`."""
    if named == OFF:
        return None
    path = Path(named) if named else BUNDLED
    try:
        return SentenceJudge.load(path)
    except FileNotFoundError:
        if named:
            raise JudgeError(
                f"{path}: no such file; ${VARIABLE} should name one that `qa-engine judge train` "
                f"wrote, or be `{OFF}`"
            ) from None
        _log.warning(
            "no judge at %s: sentences are decided by words and grammar alone, and what no pattern "
            "matches is not found",
            path,
        )
        return None
