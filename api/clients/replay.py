"""`qa-engine replay`: recordings into a live server, in real time, one or many at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from api.auth import Right, Tokens, open_secret
from api.clients.feeder import EventJson, Fed, FeedPlan, feed
from api.clients.recording import line_audio
from api.settings import Settings


def replay(
    recordings: Sequence[Path],
    *,
    url: str,
    settings: Settings,
    speed: float = 1.0,
    calls: int = 1,
    offset_s: float = 1.0,
    token: str | None = None,
    script: str = "",
    roles: str = "",
    tell: Callable[[EventJson], None] = lambda message: None,
) -> list[Fed]:
    """Feed `calls` calls, taking turns through `recordings`, each beginning `offset_s` later.

    Without `token` the feed tokens are made with this machine's secret. `tell` gets every message
    of the server. Raises `AudioError`, `ServerRefused`, `ServerGone` or `SecretMissing`.
    """
    lines = [line_audio(path) for path in recordings]
    tokens = None if token else Tokens(open_secret(settings))

    async def one(number: int) -> Fed:
        await asyncio.sleep(number * offset_s / speed)
        path = recordings[number % len(lines)]
        call_id = f"{_name(path)}-{secrets.token_hex(3)}"
        plan = FeedPlan(
            url=url,
            token=token or (tokens.mint(call_id, Right.FEED) if tokens else ""),
            call_id=call_id,
            agent=f"{1001 + number}",
            script=script,
            roles=roles,
            speed=speed,
            events=True,
        )
        return await feed(lines[number % len(lines)], plan, tell=tell)

    async def every() -> list[Fed]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number)) for number in range(calls)]
        return [task.result() for task in tasks]

    try:
        return asyncio.run(every())
    except ExceptionGroup as errors:
        raise _first(errors) from None


def _name(path: Path) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in path.stem)
    return kept[:40] or "call"


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
