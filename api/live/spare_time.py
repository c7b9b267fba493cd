"""The recogniser of all calls, lent out a window at a time while no live call waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from models.recogniser import NeighbourRecogniser, Recogniser, Samples, Transcript

__all__ = ["SpareTime"]


class SpareTime:
    """A `Recogniser` and `NeighbourRecogniser` for whoever has time: same texts, more patience."""

    def __init__(
        self,
        recogniser: Recogniser,
        turn: Callable[[], AbstractContextManager[None]],
        *,
        hotwords: str = "",
    ) -> None:
        """`turn`: entered for each window. `hotwords`: the call's own."""
        self._recogniser = recogniser
        self._neighbours: NeighbourRecogniser | None = None
        if isinstance(recogniser, NeighbourRecogniser) and recogniser.hears_neighbours:
            self._neighbours = recogniser
        self._turn = turn
        self._hotwords = hotwords

    @property
    def name(self) -> str:
        return self._recogniser.name

    @property
    def version(self) -> str:
        return self._recogniser.version

    @property
    def synthetic(self) -> bool:
        return self._recogniser.synthetic

    @property
    def takes_hotwords(self) -> bool:
        return self._recogniser.takes_hotwords

    @property
    def max_window_ms(self) -> int:
        return self._recogniser.max_window_ms

    @property
    def hears_neighbours(self) -> bool:
        return self._neighbours is not None

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        heard: list[Transcript] = []
        for window, words in zip(windows, hotwords or [self._hotwords] * len(windows), strict=True):
            with self._turn():
                heard += self._recogniser.transcribe([window], final=final, hotwords=[words])
        return heard

    def together(self, windows: Sequence[Samples]) -> list[int]:
        return self._neighbours.together(windows) if self._neighbours else [1] * len(windows)

    def transcribe_neighbours(
        self, windows: Sequence[Samples], *, hotwords: str = ""
    ) -> list[Transcript]:
        if self._neighbours is None:
            return self.transcribe(windows, final=True)
        heard: list[Transcript] = []
        for count in self.together(windows):
            with self._turn():
                heard += self._neighbours.transcribe_neighbours(
                    windows[len(heard) : len(heard) + count], hotwords=hotwords or self._hotwords
                )
        return heard
