"""Sound of a call that never came, put together as it is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qa_engine.anatomy import Stretch, StretchKind

__all__ = ["MissingSound"]


class MissingSound:
    """Stretches of one call without any sound, in ms of call time; `channel` None: of all.

    What follows on the last stretch of its channel makes it longer.
    """

    def __init__(self) -> None:
        self._stretches: list[Stretch] = []

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """In order of time; a stretch without channel is missing on all of them."""
        return tuple(sorted(self._stretches, key=lambda s: (s.begin_ms, s.channel or 0)))

    def add(self, spans: Sequence[tuple[int, int]]) -> int:
        """Begin and end of what each channel lacks, in order; nothing where the end is not later.

        Returns how many ms that is, of all channels together.
        """
        lacking = {channel: span for channel, span in enumerate(spans) if span[0] < span[1]}
        if len(lacking) == len(spans) and len(set(spans)) == 1:
            self._add(None, *spans[0])
        else:
            for channel, span in lacking.items():
                self._add(channel, *span)
        return sum(end - begin for begin, end in lacking.values())

    def _add(self, channel: int | None, begin_ms: int, end_ms: int) -> None:
        for at, known in enumerate(self._stretches):
            if known.channel == channel and known.begin_ms <= begin_ms <= known.end_ms:
                begin_ms, end_ms = known.begin_ms, max(known.end_ms, end_ms)
                del self._stretches[at]
                break
        self._stretches.append(
            Stretch(kind=StretchKind.MISSING, channel=channel, begin_ms=begin_ms, end_ms=end_ms)
        )

    def saved(self) -> list[dict[str, int | None]]:
        """What a restart must not forget, for JSON."""
        return [
            {"channel": s.channel, "begin_ms": s.begin_ms, "end_ms": s.end_ms}
            for s in self.stretches
        ]

    def restore(self, saved: Iterable[Mapping[str, int | None]]) -> None:
        """Takes up what a call of before a restart lacked."""
        for one in saved:
            self._add(one["channel"], one["begin_ms"] or 0, one["end_ms"] or 0)
