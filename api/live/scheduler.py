"""In which order windows of all calls are recognised: pure policy, no clock, no thread.

Finals come first, the oldest first; then partials at a pause, which is mostly the end; then the
partial that has been wanted longest. A partial that a newer one of the same utterance overtakes is
*coalesced*: never decoded, and told. A final is
never dropped. Windows that would slow each other (a final beside a partial, lengths too far apart)
go in different batches; hotwords of any length may go in one, for the recogniser parts them.

With a slow recogniser (`DecodeCost`) windows go one by one, and partials come as often as they can
be afforded beside the finals, down to none.

Under load nothing queues up: the queue holds at most one partial per channel of a call, so
partials simply get rarer; when finals wait too long, new calls are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.live.cost import DecodeCost
from qa_engine.events import DecodeWanted

_NEVER_S = 3_600.0
"""Until something newer comes: what waits is overtaken by its final long before."""
FORGET_S = 3.0
"""Of a wait that finals had, half is forgotten in so long."""
BUSY_OVER_S = 3.0
"""The share of time spent recognising is a mean over about this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeJob:
    """A window that a call wants, among those of all calls.

    `DecodeWanted` is what one call's session asks for, and knows no other call and no clock. What
    a queue of many calls needs beside it is here: whose it is, since when it waits (`wanted_s`, on
    the caller's clock), whether it may go first.
    """

    call_id: str
    window: DecodeWanted
    wanted_s: float
    urgent: bool = False
    """A partial at a pause: it goes before other partials and waits for no rest."""
    hotwords: str = ""
    """Names and terms to expect in the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to say no. Waits are seconds a final has stood in the queue."""

    batch: int = 8
    length_ratio: float = 2.0
    """Longest over shortest window of one batch: padding is paid by every member."""
    short_ms: int = 2_000
    """Below this, padding is cheaper than another batch, whatever the ratio."""
    partial_rest_s: float = 0.4
    """How long a channel rests between two partials while finals wait or the recogniser is busy."""
    easy_share: float = 0.15
    busy_share: float = 0.4
    """Below the one, partials are decoded as often as they are asked for; from the other on a
    channel rests in full; between them, in proportion."""
    slow_share: float = 0.25
    """The share of a slow recogniser's time that partials may take …"""
    slow_least_ms: int = 2_000
    """… and what they have to be worth: a shorter sentence is final soon."""
    strained_wait_s: float = 0.3
    refuse_wait_s: float = 1.0
    finals: int = 512
    """All finals that may wait together; a call that would pass it stops being read."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits, for metrics and admission."""

    finals: int
    partials: int
    final_wait_s: float


class DecodeQueue:
    """The windows that wait, and which go next."""

    def __init__(self, limits: Limits | None = None, cost: DecodeCost | None = None) -> None:
        self.limits = limits or Limits()
        self.cost = cost or DecodeCost()
        self._partials_from_s = float("-inf")
        self._finals: list[DecodeJob] = []
        self._partials: dict[tuple[str, int], DecodeJob] = {}
        self._last_partial_s: dict[tuple[str, int], float] = {}
        self._final_wait_s = 0.0
        self._noted_s = 0.0
        self._busy_share = 0.0

    def __len__(self) -> int:
        return len(self._finals) + len(self._partials)

    def offer(self, job: DecodeJob) -> list[DecodeJob]:
        """Queue a window; returns the partials that it overtakes, which are never decoded."""
        key = (job.call_id, job.window.channel)
        waiting = self._partials.get(key)
        if job.window.final:
            self._finals.append(job)
            if waiting is not None and waiting.window.utterance <= job.window.utterance:
                return [self._partials.pop(key)]
            return []
        if waiting is None:
            self._partials[key] = job
            return []
        urgent = job.urgent or waiting.urgent
        self._partials[key] = replace(job, wanted_s=waiting.wanted_s, urgent=urgent)
        return [waiting]

    def withdraw(self, call_id: str, window_id: int) -> None:
        """Take a partial out, if it still waits."""
        for key, job in list(self._partials.items()):
            if (job.call_id, job.window.window_id) == (call_id, window_id):
                del self._partials[key]

    def forget(self, call_id: str) -> list[DecodeJob]:
        """Drop what still waits for a call that is gone; returns it for the accounts."""
        gone = [job for job in self._jobs() if job.call_id == call_id]
        self._finals = [job for job in self._finals if job.call_id != call_id]
        for key in [key for key in self._partials if key[0] == call_id]:
            del self._partials[key]
        for key in [key for key in self._last_partial_s if key[0] == call_id]:
            del self._last_partial_s[key]
        return gone

    def take(self, now_s: float) -> list[DecodeJob]:
        """The next batch, empty when nothing should be decoded now."""
        if self._finals:
            self._finals.sort(key=lambda job: job.wanted_s)
            self._note_wait(now_s - self._finals[0].wanted_s, now_s)
            batch = self._fitting(self._finals)
            taken = {(job.call_id, job.window.window_id) for job in batch}
            self._finals = [j for j in self._finals if (j.call_id, j.window.window_id) not in taken]
            return batch
        self._note_wait(0.0, now_s)
        ready = sorted(
            (job for job in self._partials.values() if self._rest_left_s(job, now_s) <= 0.0),
            key=lambda job: (not job.urgent, job.wanted_s),
        )
        batch = self._fitting(ready)
        for job in batch:
            key = (job.call_id, job.window.channel)
            del self._partials[key]
            self._last_partial_s[key] = now_s
        if batch and self.cost.slow:
            rest_s = self.cost.partial_s * len(batch) / self.limits.slow_share
            self._partials_from_s = now_s + rest_s
        return batch

    def next_ready_s(self, now_s: float) -> float | None:
        """How long until `take` may give something: 0 for now, None while nothing waits."""
        if self._finals:
            return 0.0
        if not self._partials:
            return None
        return min(self._rest_left_s(job, now_s) for job in self._partials.values())

    def worked(self, busy_s: float, idle_s: float) -> None:
        """The recogniser idled, then worked for so long."""
        passed_s = busy_s + idle_s
        if passed_s > 0:
            weight = min(passed_s / BUSY_OVER_S, 1.0)
            self._busy_share += weight * (busy_s / passed_s - self._busy_share)

    def depth(self, now_s: float) -> Depth:
        oldest = min((job.wanted_s for job in self._finals), default=now_s)
        return Depth(len(self._finals), len(self._partials), max(now_s - oldest, 0.0))

    @property
    def strained(self) -> bool:
        return self._final_wait_s > self.limits.strained_wait_s

    def refusal(self, now_s: float) -> str | None:
        """Why a new call should not be taken now, or None."""
        depth = self.depth(now_s)
        # Without work no wait is measured, and the last one would stand for good.
        quiet_s = max(now_s - self._noted_s, 0.0)
        wait_s = max(self._final_wait_s * 0.5 ** (quiet_s / FORGET_S), depth.final_wait_s)
        if wait_s > self.limits.refuse_wait_s:
            return (
                f"recognition is {wait_s:.1f} s behind, at most "
                f"{self.limits.refuse_wait_s:g} s is allowed before new calls are refused"
            )
        if depth.finals >= self.limits.finals:
            return f"{depth.finals} finished utterances wait for recognition, at most " + (
                f"{self.limits.finals} may"
            )
        return None

    def _jobs(self) -> Iterator[DecodeJob]:
        yield from self._finals
        yield from self._partials.values()

    def _note_wait(self, wait_s: float, now_s: float) -> None:
        """Rise at once, fall slowly: one quiet moment does not reopen the door."""
        self._noted_s = now_s
        self._final_wait_s = max(wait_s, self._final_wait_s * 0.8 + wait_s * 0.2)

    def _rest_left_s(self, job: DecodeJob, now_s: float) -> float:
        if self.cost.slow:
            return self._slow_rest_left_s(job, now_s)
        key = (job.call_id, job.window.channel)
        if job.urgent or key not in self._last_partial_s:
            return 0.0
        return max(self._last_partial_s[key] + self._rest_s - now_s, 0.0)

    def _slow_rest_left_s(self, job: DecodeJob, now_s: float) -> float:
        """A pause is mostly the end: its final would only wait for the partial."""
        if self.strained or job.urgent or job.window.length_ms < self.limits.slow_least_ms:
            return _NEVER_S
        return max(self._partials_from_s - now_s, 0.0)

    @property
    def _rest_s(self) -> float:
        limits = self.limits
        if self.strained:
            return limits.partial_rest_s
        over = (self._busy_share - limits.easy_share) / (limits.busy_share - limits.easy_share)
        return limits.partial_rest_s * min(max(over, 0.0), 1.0)

    def _fitting(self, candidates: list[DecodeJob]) -> list[DecodeJob]:
        """The first candidate and, in order, those that one batch can hold beside it."""
        batch: list[DecodeJob] = []
        for job in candidates:
            if len(batch) == (1 if self.cost.slow else self.limits.batch):
                break
            if all(self._together(job, other) for other in batch):
                batch.append(job)
        return batch

    def _together(self, job: DecodeJob, other: DecodeJob) -> bool:
        longer, shorter = sorted((job.window.length_ms, other.window.length_ms), reverse=True)
        return longer <= self.limits.short_ms or longer <= shorter * self.limits.length_ratio
