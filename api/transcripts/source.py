"""What stands for the recogniser where the words came from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa_engine.dialogue import Basis
from qa_engine.report.model import ReportWarning
from qa_engine.report.moments import ESTIMATED_TIMES
from qa_engine.report.sureness import FROM_ELSEWHERE

__all__ = ["ELSEWHERE", "ESTIMATED_TIMES", "text_warnings"]

_ESTIMATED = ReportWarning(
    code=ESTIMATED_TIMES,
    message="the transcript has no times of speech: they are estimated from the words; what "
    "needs real ones is not applicable, and of steps the order is judged and no deadline",
    message_zh="文本没有说话时间：时间按字数估算；需要真实时间的项目为不适用，步骤只看先后，不看时限",
)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str = FROM_ELSEWHERE
    version: str = "1"
    synthetic: bool = False


ELSEWHERE = _Source()


def text_warnings(basis: Basis) -> Iterator[ReportWarning]:
    """What a report has to say of text of this kind."""
    if basis in (Basis.WORDS, Basis.CHAT):
        yield _ESTIMATED
