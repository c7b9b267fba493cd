"""While a server runs: every hook is told what is new, each at its own pace."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from api.hooks.cursor import Cursors
from api.hooks.delivery import Delivered, DeliveryOutcome
from api.hooks.hook import Hook, NewsKind
from api.hooks.news import News, after, newest
from api.hooks.sending import TRIES, deliver
from api.live.board import Board
from api.store import Store, StoreError

log = logging.getLogger("qa_engine.hooks")

EVERY_S = 2.0
FIRST_WAIT_S, MOST_WAIT_S = 1.0, 300.0
MOST_ALERTS = 200


class Telling:
    """What the server knows of its hooks. Use it from one event loop."""

    def __init__(
        self, hooks: list[Hook], store: Store, folder: Path, *, secret: bytes, desk: str
    ) -> None:
        self._hooks = hooks
        self._store = store
        self._cursors = Cursors(folder)
        self._secret = secret
        self._desk = desk
        self._told: dict[str, int] = {}
        self._again: dict[str, int] = {}
        self.stopped: dict[str, str] = {}
        """Why a hook is behind, by its name."""

    @asynccontextmanager
    async def running(self, board: Board, every_s: float = EVERY_S) -> AsyncIterator[None]:
        """Until the block is left. `board`: where alerts come from."""
        if not self._hooks:
            yield
            return
        await asyncio.to_thread(self._begin)
        tasks = [asyncio.create_task(self._follow(hook, every_s)) for hook in self._hooks]
        tasks += [
            asyncio.create_task(self._alerts(hook, board))
            for hook in self._hooks
            if NewsKind.ALERT in hook.kinds
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> None:
        """A hook that is new is told what happens from now on."""
        self._told = self._cursors.read()
        with self._store.reading() as connection:
            now = newest(connection)
        for hook in self._hooks:
            self._told.setdefault(hook.name, now)
        self._cursors.write(self._told)

    async def _follow(self, hook: Hook, every_s: float) -> None:
        while True:
            try:
                if not await self._round(hook):
                    await asyncio.sleep(every_s)
            except StoreError as error:
                log.warning("the hook %s waits: %s", hook.name, error)
                await asyncio.sleep(every_s)
            except Exception:
                # One odd call must not end the telling of a server that runs for months.
                log.exception("the hook %s was not told", hook.name)
                await asyncio.sleep(MOST_WAIT_S)

    async def _round(self, hook: Hook) -> bool:
        """Whether there may be more at once."""
        self._again |= await asyncio.to_thread(self._cursors.taken_up)
        if (sequence := self._again.pop(hook.name, None)) is not None:
            await self._reached(hook, sequence)
        news, upto = await asyncio.to_thread(self._next, self._told[hook.name])
        for one in news:
            # A row's items are told together: after a crash, all of them again.
            await self._reached(hook, one.sequence - 1)
            if one.kind in hook.kinds:
                await self._tell(hook, one.wire())
        await self._reached(hook, upto)
        return bool(news)

    async def _reached(self, hook: Hook, sequence: int) -> None:
        if sequence != self._told[hook.name]:
            self._told[hook.name] = sequence
            await asyncio.to_thread(self._cursors.write, dict(self._told))

    def _next(self, sequence: int) -> tuple[list[News], int]:
        with self._store.reading() as connection:
            return after(connection, sequence)

    async def _tell(self, hook: Hook, told: dict[str, object]) -> None:
        """Until it is taken, or was refused too often."""
        tries, wait_s = 0, FIRST_WAIT_S
        while True:
            done = await asyncio.to_thread(
                deliver, hook, told, secret=self._secret, desk=self._desk
            )
            if done.outcome is DeliveryOutcome.TAKEN:
                self.stopped.pop(hook.name, None)
                return
            tries += done.outcome is DeliveryOutcome.UNWANTED
            self._note(hook, told, done, tries)
            if tries >= TRIES:
                return
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, MOST_WAIT_S)

    def _note(self, hook: Hook, told: dict[str, object], done: Delivered, tries: int) -> None:
        if tries >= TRIES:
            log.error(
                "the hook %s does not want %s (%s): left out", hook.name, told["id"], done.why
            )
        elif self.stopped.get(hook.name) != done.why:
            log.warning("the hook %s does not take %s now (%s)", hook.name, told["id"], done.why)
        self.stopped[hook.name] = done.why

    async def _alerts(self, hook: Hook, board: Board) -> None:
        """While calls run: without words of theirs, and told at once or, after a crash, not."""
        _, watcher = board.watch()
        try:
            # A board that has ended answers at once, again and again; other tasks would never run.
            while not watcher.over:
                for entry in await watcher.next(EVERY_S):
                    if entry.type == "alert":
                        await self._tell(hook, _alert(entry.body))
                if watcher.too_slow:
                    board.leave(watcher)
                    _, watcher = board.watch()
        finally:
            with suppress(KeyError):
                board.leave(watcher)


def _alert(body: str) -> dict[str, object]:
    said = json.loads(body)
    return {
        "id": f"alert-{said['call_id']}-{said['seq']}",
        "type": NewsKind.ALERT.value,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **{name: said.get(name) for name in ("call_id", "at_ms", "state", "severity", "title")},
        **{name: said.get(name) for name in ("suggest", "rule", "age_ms")},
    }
