"""The recogniser as a Ray Serve deployment: `serve run api/deploy/ray-serve.yaml`.

Servers ask it with `--model ray://auto` (`remote_ray.py`). Each replica holds the model once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ray import serve

from models.opening import open_recogniser
from models.recogniser import Recogniser, Samples, Transcript

__all__ = ["About", "Served", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the model is: see `Recogniser`."""

    name: str
    version: str
    synthetic: bool
    takes_hotwords: bool
    max_window_ms: int


class Served:
    """One replica."""

    def __init__(self, model: str | None, device: str, threads: int | None, hotwords: str) -> None:
        # As the server opens its own: one beam for partials, for the texts must be the same.
        self._recogniser: Recogniser = open_recogniser(
            model, device=device, threads=threads, partial_beams=1, hotwords=hotwords
        )
        self._lock = threading.Lock()

    def about(self) -> dict[str, Any]:
        """The fields of `About`."""
        one = self._recogniser
        return asdict(
            About(
                name=one.name,
                version=one.version,
                synthetic=one.synthetic,
                takes_hotwords=one.takes_hotwords,
                max_window_ms=one.max_window_ms,
            )
        )

    def transcribe(
        self, windows: Sequence[Samples], final: bool, hotwords: Sequence[str]
    ) -> list[Transcript]:
        """See `Recogniser.transcribe`; one batch at a time."""
        with self._lock:
            return self._recogniser.transcribe(windows, final=final, hotwords=hotwords)


def build(args: dict[str, Any]) -> Any:
    """The application: `model`, `device`, `threads`, `hotwords`, all optional, as the server's own
    settings have them. Replicas, cores and GPUs are the configuration's."""
    known = {"model": None, "device": "auto", "threads": None, "hotwords": ""}
    if unknown := sorted(set(args) - set(known)):
        raise ValueError(f"args: {', '.join(unknown)} unknown, expected {', '.join(known)}")
    return serve.deployment(name="recogniser")(Served).bind(**(known | args))
