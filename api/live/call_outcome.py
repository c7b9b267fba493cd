"""What one input to a live call led to: messages to tell, windows to recognise, or not to."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.live.message_parts import OfCall
from qa_engine.events import DecodeWanted


@dataclass(slots=True)
class CallOutcome:
    """In order."""

    messages: list[OfCall] = field(default_factory=list)
    wanted: list[DecodeWanted] = field(default_factory=list)
    unwanted: list[int] = field(default_factory=list)
    """Ids of windows, wanted here or before, that are not needed any more."""

    def add(self, then: CallOutcome) -> None:
        """And then came this."""
        self.messages += then.messages
        self.wanted += then.wanted
        self.unwanted += then.unwanted
