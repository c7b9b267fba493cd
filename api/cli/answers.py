"""What a language model's pass over the stored calls came to, in one line for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from api.worded_errors import worded
from phrasebook.messages import language, say
from qa_engine.report.wording import catalogue

if TYPE_CHECKING:
    from api.meaning.passes import PassResult


def no_server() -> str:
    """What is told where questions wait and nobody can be asked."""
    return say(
        "no language model is set, so nothing is asked: QA_ENGINE_MEANING_URL, "
        "QA_ENGINE_MEANING_HOSTS and QA_ENGINE_MEANING_MODEL name one"
    )


def tell_answers(console: Console, tally: PassResult, left: int) -> None:
    """`left`: calls whose questions wait still."""
    console.print(
        say(
            "{calls} calls: {answered} answers, {untold} of them 无法判断; {left} calls wait",
            calls=len(tally.calls),
            answered=tally.answered,
            untold=tally.cannot_tell,
            left=left,
        )
    )
    if tally.why:
        words = catalogue(language())
        told = " · ".join(f"{words[f'untold_{why}']} {n}" for why, n in tally.why.most_common())
        console.print(say("无法判断: {reasons}", reasons=told), markup=False, soft_wrap=True)
    if tally.failed and not tally.stopped:
        last = worded(tally.last)
        told = say(
            "{failed} calls were not answered, at last: {last}", failed=tally.failed, last=last
        )
        console.print(told, markup=False, soft_wrap=True)
    if tally.stopped:
        console.print(worded(tally.stopped), markup=False, soft_wrap=True)
