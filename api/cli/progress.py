"""A progress bar over the audio of one recording; silent where nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.analyzer import Progress as Report


@contextmanager
def progress(name: str, console: Console) -> Iterator[Report]:
    """Yield a callback for (ms done, ms in all); the bar goes to `console` and then away."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done_ms, total_ms: bar.update(
            task, completed=done_ms, total=max(total_ms, done_ms) or None
        )
