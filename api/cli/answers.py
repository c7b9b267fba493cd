"""What a language model's pass over the stored calls came to, in one line for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from api.worded_errors import worded
from phrasebook.messages import say

if TYPE_CHECKING:
    from api.meaning.passes import PassResult


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
    if tally.stopped:
        console.print(worded(tally.stopped), markup=False, soft_wrap=True)
