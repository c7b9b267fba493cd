"""Questions of the phrasebook as a report tells them before anybody has answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phrasebook.model import Ask
from phrasebook.version import ask_version
from qa_engine.meaning.answers import AnswerState, Untold
from qa_engine.report.model import ReportAnswer, ReportWarning

__all__ = ["NOT_ASKED", "not_asked", "unanswered"]

NOT_ASKED = "not_asked"


def unanswered(
    asked: Iterable[tuple[Ask, bool | None]], *, judgeable: bool
) -> Iterator[ReportAnswer]:
    """What waits for a language model, and what is not asked of this call at all."""
    for ask, applies in asked:
        why = Untold.NONE
        if not judgeable:
            why = Untold.NOT_JUDGEABLE
        elif applies is None:
            why = Untold.UNKNOWN_DATA
        elif not applies:
            why = Untold.CONDITION
        yield ReportAnswer(
            item=ask.id,
            title=ask.title,
            question=ask.question,
            state=AnswerState.NOT_APPLICABLE if why else AnswerState.WAITING,
            why=why,
            item_version=ask_version(ask),
        )


def not_asked(count: int) -> ReportWarning:
    """The call was judged without some questions, and the score does not hold them."""
    return ReportWarning(
        code=NOT_ASKED,
        message=f"{count} questions wait for a language model: the score is without them",
        message_zh=f"有 {count} 个提问项还没有由语言模型回答，得分不含这些项",
    )
