"""Where every millisecond of a call's audio went, all channels together.

    received = silent + decoded + coalesced + dropped (by reason) + pending

One second of stereo is 2,000 ms. The session keeps the books of each channel; here they are summed
and refined by what only the connection knows: sound that never came (a gap in the connection), and
`coalesced`: recognised, but later than wished, since the partial that was the first to cover it
was overtaken by a newer one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qa_engine.hearing.accounting import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All in milliseconds of one channel; `partials_*` and `finals_*` count windows."""

    received_ms: int
    silent_ms: int
    decoded_ms: int
    coalesced_ms: int
    dropped_ms: dict[str, int]
    pending_ms: int
    partials_decoded: int
    partials_coalesced: int
    finals_decoded: int

    @property
    def adds_up(self) -> bool:
        """Whether every received millisecond is in exactly one of the others."""
        dropped = sum(self.dropped_ms.values())
        settled = self.silent_ms + self.decoded_ms + self.coalesced_ms + dropped
        return settled + self.pending_ms == self.received_ms


@dataclass(slots=True)
class _Channel:
    wanted_until_ms: int = 0
    """How far partials have been asked for."""
    wanted: dict[int, int] = field(default_factory=dict)
    """How much each open partial was the first to cover, by window."""


class SoundAccount:
    """One call's additions to its session's books."""

    def __init__(self, channels: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]
        self._coalesced_ms = 0
        self._gaps: Counter[str] = Counter()

    def gap(self, ms: int, reason: str) -> None:
        """Silence was put in place of sound that never came: `ms` of all channels together."""
        self._gaps[reason] += ms

    def saved(self) -> dict[str, int | dict[str, int]]:
        """What a restart must not forget."""
        return {"coalesced_ms": self._coalesced_ms, "gaps": dict(self._gaps)}

    def restore(self, coalesced_ms: int, gaps: Mapping[str, int]) -> None:
        """Takes up the additions of before a restart."""
        self._coalesced_ms = coalesced_ms
        self._gaps.update(gaps)

    def wanted(self, channel: int, window_id: int, begin_ms: int, end_ms: int) -> None:
        """A partial was asked for."""
        one = self._channels[channel]
        one.wanted[window_id] = max(end_ms - max(begin_ms, one.wanted_until_ms), 0)
        one.wanted_until_ms = max(one.wanted_until_ms, end_ms)

    def partial(self, channel: int, window_id: int) -> None:
        """That partial was recognised."""
        self._channels[channel].wanted.pop(window_id, None)

    def unwanted(self, channel: int, window_ids: Iterable[int]) -> None:
        """Those partials were of nothing: their sound is settled without them."""
        for window_id in window_ids:
            self.partial(channel, window_id)

    def overtaken(self, channel: int, window_id: int) -> None:
        """That partial will never be recognised: a newer window stands for it."""
        self._coalesced_ms += self._channels[channel].wanted.pop(window_id, 0)

    def totals(self, session: Iterable[Account]) -> Totals:
        """The session's books, channel by channel, with what only the connection knows."""
        books = list(session)
        dropped: Counter[str] = Counter()
        for book in books:
            dropped.update(book.dropped_ms)
        silent_ms, pending_ms, decoded_ms = _less(
            self._gaps.total(),
            sum(book.silent_ms for book in books),
            sum(book.pending_ms for book in books),
            sum(book.decoded_ms for book in books),
        )
        dropped.update(self._gaps)
        coalesced_ms = min(self._coalesced_ms, decoded_ms)
        return Totals(
            received_ms=sum(book.fed_ms for book in books),
            silent_ms=silent_ms,
            decoded_ms=decoded_ms - coalesced_ms,
            coalesced_ms=coalesced_ms,
            dropped_ms={reason: ms for reason, ms in sorted(dropped.items()) if ms},
            pending_ms=pending_ms,
            partials_decoded=sum(book.partials_decoded for book in books),
            partials_coalesced=sum(book.partials_coalesced for book in books),
            finals_decoded=sum(book.finals_decoded for book in books),
        )


def _less(amount_ms: int, *parts_ms: int) -> list[int]:
    """`amount_ms` taken from the first part, what it lacks from the next."""
    left = []
    for part in parts_ms:
        taken = min(amount_ms, part)
        amount_ms -= taken
        left.append(part - taken)
    return left
