"""The judge that is installed: the bundled one, or the file that `$QA_ENGINE_JUDGE` names."""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path

from models.judging.sentence_judge import BUNDLED, JudgeError, SentenceJudge

__all__ = ["VARIABLE", "open_judge"]

VARIABLE = "QA_ENGINE_JUDGE"
OFF = "off"
_log = logging.getLogger(__name__)


def open_judge() -> SentenceJudge | None:
    """The judge of this process, read once; None where there is none or it is switched off.

    `$QA_ENGINE_JUDGE`: a file that `qa-engine judge train` wrote, or `off`. Without the bundled
    file everything else works, and that is said once. Raises `JudgeError` where a named file
    cannot be used: who names one means it.
    """
    return _opened(os.environ.get(VARIABLE, ""))


@cache
def _opened(named: str) -> SentenceJudge | None:
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
