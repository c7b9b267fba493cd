"""How far a batch is: a bar where somebody watches, a line now and then where nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from phrasebook.messages import say

if TYPE_CHECKING:
    from api.batch.run import BatchProgress

SILENCE_S = 60
"""Where nobody watches a bar, a log gets a line of progress this often."""


@contextmanager
def watch(total: int, console: Console) -> Iterator[Callable[[BatchProgress], None]]:
    """A bar on a terminal, a line now and then in a log."""
    if not console.is_terminal:
        last = time.monotonic()

        def line(tally: BatchProgress) -> None:
            nonlocal last
            if time.monotonic() - last >= SILENCE_S:
                last = time.monotonic()
                left_s = tally.seconds / tally.settled * (total - tally.settled)
                told = say(
                    "{settled}/{total}, {minutes} min to go, {speed} hours an hour, "
                    "{failed} failed",
                    settled=tally.settled,
                    total=total,
                    minutes=f"{left_s / 60:.0f}",
                    speed=f"{tally.audio_hours_an_hour:.0f}",
                    failed=tally.failed,
                )
                console.print(told)

        yield line
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
        console=console,
    ) as bar:
        task = bar.add_task(say("batch"), total=total, told="")
        yield lambda tally: bar.update(
            task,
            completed=tally.settled,
            told=say(
                "{speed} hours an hour, {failed} failed",
                speed=f"{tally.audio_hours_an_hour:.0f}",
                failed=tally.failed,
            ),
        )
