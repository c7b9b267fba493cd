"""What comes in at `/v1/transcripts`: lines with their speaker and their times, and the end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from models.recogniser import Word
from qa_engine.dialogue import SpokenLine

MOST_TEXT = 4_000
MOST_MS = 24 * 3_600_000

Ms = Annotated[int, Field(ge=0, le=MOST_MS)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WordSaid(_Message):
    text: str = Field(max_length=64)
    begin_ms: Ms
    end_ms: Ms
    confidence: float = Field(1.0, ge=0.0, le=1.0)


class LineSaid(_Message):
    """A line; the same `id` again revises it, until one with `is_final`."""

    type: Literal["utterance"]
    id: int = Field(ge=0, le=1_000_000)
    """The sender's number of this line, its own in the call."""
    role: Literal["agent", "customer"]
    text: str = Field(max_length=MOST_TEXT)
    begin_ms: Ms | None = None
    """From the start of the call; of a chat, when the line was sent."""
    end_ms: Ms | None = None
    is_final: bool = True
    confidence: float = Field(1.0, ge=0.0, le=1.0)
    words: tuple[WordSaid, ...] = ()

    def line(self) -> SpokenLine:
        """As the readers of files give it."""
        return SpokenLine(
            text=self.text.strip(),
            speaker=self.role,
            begin_ms=self.begin_ms,
            end_ms=self.end_ms,
            confidence=self.confidence,
            words=tuple(
                Word(
                    text=word.text,
                    begin_ms=word.begin_ms,
                    end_ms=word.end_ms,
                    confidence=word.confidence,
                )
                for word in self.words
            ),
        )


class StillHere(_Message):
    type: Literal["KeepAlive"]


class CallOver(_Message):
    """The call is over; `duration_ms`: how long it lasted, where that is more than its lines."""

    type: Literal["CloseStream"]
    duration_ms: Ms = 0


from_texts: TypeAdapter[LineSaid | StillHere | CallOver] = TypeAdapter(
    Annotated[LineSaid | StillHere | CallOver, Field(discriminator="type")]
)
