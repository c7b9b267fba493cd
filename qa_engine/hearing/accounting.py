"""Where every sample of one channel went.

    fed = silent + decoded + dropped (by reason) + pending

`pending` is being listened to or recognised, and is nothing once the call has ended. Counted in
samples, told in milliseconds that add up exactly.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from models.recogniser import SAMPLE_RATE

__all__ = ["Account", "Accounting", "DropReason"]


class DropReason(StrEnum):
    """Why sound was never recognised, live and in recordings alike."""

    TOO_SHORT = "too_short"
    """A click or a breath: no recogniser is asked."""
    RECOGNISER_FAILED = "recogniser_failed"
    COALESCED = "coalesced"
    """Of partials only: a newer window stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One channel's sound, in ms; the parts add up to `fed_ms`."""

    fed_ms: int
    silent_ms: int
    decoded_ms: int
    dropped_ms: dict[str, int]
    pending_ms: int
    partials_wanted: int
    partials_decoded: int
    partials_coalesced: int
    finals_decoded: int


class Accounting:
    """Told of everything by the ear and the session; `account` may be asked at any time."""

    def __init__(self) -> None:
        self._fed = 0
        self._silent = 0
        self._decoded = 0
        self._dropped: Counter[str] = Counter()
        self._windows: Counter[str] = Counter()

    def fed(self, samples: int) -> None:
        """So many samples of the channel came in."""
        self._fed += samples

    def silent(self, samples: int) -> None:
        """So many samples held no speech."""
        self._silent += samples

    def dropped(self, samples: int, reason: str) -> None:
        """Never recognised, because of `reason`."""
        self._dropped[reason] += samples

    def decoded(self, samples: int) -> None:
        """A final came back."""
        self._decoded += samples
        self._windows["finals_decoded"] += 1

    def partial(self, fate: str) -> None:
        """A partial was `wanted`, `decoded` or `coalesced`."""
        self._windows[f"partials_{fate}"] += 1

    def account(self) -> Account:
        fed_ms = _ms(self._fed)
        silent_ms, decoded_ms = _ms(self._silent), _ms(self._decoded)
        dropped_ms = {reason: _ms(samples) for reason, samples in sorted(self._dropped.items())}
        settled = self._silent + self._decoded + self._dropped.total()
        rest = fed_ms - silent_ms - decoded_ms - sum(dropped_ms.values())
        # Rounding down leaves a few milliseconds over; they belong to what is not settled, and
        # when all is settled to silence.
        if settled == self._fed:
            silent_ms, rest = silent_ms + rest, 0
        return Account(
            fed_ms=fed_ms,
            silent_ms=silent_ms,
            decoded_ms=decoded_ms,
            dropped_ms=dropped_ms,
            pending_ms=rest,
            partials_wanted=self._windows["partials_wanted"],
            partials_decoded=self._windows["partials_decoded"],
            partials_coalesced=self._windows["partials_coalesced"],
            finals_decoded=self._windows["finals_decoded"],
        )


def _ms(samples: int) -> int:
    return samples * 1000 // SAMPLE_RATE
