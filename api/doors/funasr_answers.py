"""What a FunASR client is told of its call: our utterances as that server's results.

`online`: the characters that will not change any more, as they become so. `2pass`: these, and the
whole sentence once it is final. `offline`: all of it in one, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.funasr_messages import Result, Stamp


class Answers:
    """Of one stretch: from the first sound to `is_speaking: false`."""

    def __init__(self, mode: str, wav_name: str, role: str | None) -> None:
        """`role`: whose words are told; None: everybody's."""
        self._mode = mode
        self._wav_name = wav_name
        self._role = role
        self._sent: dict[int, str] = {}
        self._open: set[int] = set()
        self._whole: list[str] = []
        self._stamps: list[Stamp] = []

    @property
    def is_open(self) -> bool:
        """Whether a sentence has begun that is not final."""
        return bool(self._open)

    def told(self, utterance: Mapping[str, Any]) -> Iterator[Result]:
        """Of the next revision of an utterance, as the live protocol has it."""
        if self._role not in (None, utterance["role"]):
            return
        number, text = int(utterance["id"]), str(utterance["text"])
        if utterance["is_final"]:
            self._open.discard(number)
            words = utterance["words"] or ()
            stamps = [(int(word["begin_ms"]), int(word["end_ms"])) for word in words]
            yield from self._final(number, text, stamps)
            return
        self._open.add(number)
        sent, stable = self._sent.get(number, ""), text[: int(utterance["stable_chars"])]
        if self._mode != "offline" and stable.startswith(sent) and len(stable) > len(sent):
            self._sent[number] = stable
            yield self._result(self._online, stable[len(sent) :])

    def end(self) -> Result:
        """The last of the stretch."""
        text, stamps = "".join(self._whole), tuple(self._stamps)
        self._whole.clear()
        self._stamps.clear()
        mode = "2pass-offline" if self._mode == "2pass" else self._mode
        return Result(
            mode=mode,
            text=text,
            wav_name=self._wav_name,
            is_final=True,
            is_end=True,
            stamps=stamps,
        )

    def _final(self, number: int, text: str, stamps: list[Stamp]) -> Iterator[Result]:
        sent = self._sent.pop(number, "")
        if self._mode == "offline":
            self._whole.append(text)
            self._stamps += stamps
        elif self._mode == "2pass":
            if text:
                yield self._result("2pass-offline", text, tuple(stamps))
        elif len(text) > len(sent):
            yield self._result("online", text[len(sent) :])

    def _result(self, mode: str, text: str, stamps: tuple[Stamp, ...] = ()) -> Result:
        return Result(mode=mode, text=text, wav_name=self._wav_name, stamps=stamps)

    @property
    def _online(self) -> str:
        return "2pass-online" if self._mode == "2pass" else "online"
