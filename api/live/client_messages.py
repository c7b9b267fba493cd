"""What clients send: feeders beside their audio, watchers about what they were shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from api.live.message_parts import Message


class Auth(Message):
    """The first message of a socket that brought no token in its handshake."""

    type: Literal["Auth"]
    token: str = Field(max_length=1_024)


class KeepAlive(Message):
    type: Literal["KeepAlive"]


class Finalize(Message):
    """Finish what is being said now, without waiting for a pause."""

    type: Literal["Finalize"]


class CloseStream(Message):
    """The call is over; `ended` follows when everything is decided."""

    type: Literal["CloseStream"]


class Feedback(Message):
    """The agent's word on a prompt; `mute` and `unmute` are about all of them."""

    type: Literal["Feedback"]
    action: Literal["dismiss", "not_right", "mute", "unmute"]
    prompt_id: str = Field("", max_length=64)


FromFeeder = Annotated[Auth | KeepAlive | Finalize | CloseStream, Field(discriminator="type")]
FromWatcher = Annotated[Auth | KeepAlive | Feedback, Field(discriminator="type")]
from_feeder: TypeAdapter[Auth | KeepAlive | Finalize | CloseStream] = TypeAdapter(FromFeeder)
from_watcher: TypeAdapter[Auth | KeepAlive | Feedback] = TypeAdapter(FromWatcher)
