"""After a restart: what clients still show and no running call supports any more is taken back.

An utterance that was not final is heard again under a new id; a hit that hung on it, its alert and
its prompt go with it. A prompt that was on the screen is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from api.live.message_parts import OfCall
from api.live.messages import AlertTold, HitTold, PromptTold, UtteranceTold
from api.live.sessions import HitKey

ToldMessage = Mapping[str, Any]
ON_SCREEN = ("shown", "confirmed")


def unsettled(told: Sequence[ToldMessage], standing: frozenset[HitKey]) -> Iterator[OfCall]:
    """The messages that settle it, not stamped yet; `standing`: the hits that still are."""
    for message in _newest(told, "utterance", lambda m: m["utterance"]["id"]):
        said = message["utterance"]
        if not said["is_final"]:
            final = {"text": "", "is_final": True, "stable_chars": 0, "words": ()}
            revision = {"revision": said["revision"] + 1}
            again = _again(message) | {"utterance": said | final | revision}
            yield UtteranceTold.model_validate(again)
    gone = set()
    for message in _newest(told, "hit", lambda m: m["hit"]["id"]):
        hit = message["hit"]
        key = hit["rule"], hit["utterance"], hit["begin_char"]
        if message["state"] != "retracted" and key not in standing:
            gone.add(hit["id"])
            yield HitTold.model_validate(_again(message) | {"state": "retracted"})
    for message in _newest(told, "alert", lambda m: m["hit"]):
        if message["state"] == "raised" and message["hit"] in gone:
            yield AlertTold.model_validate(_again(message) | {"state": "withdrawn"})
    for message in _newest(told, "prompt", lambda m: m["prompt_id"]):
        if message["state"] in ON_SCREEN:
            state = "withdrawn" if message.get("hit") in gone else "expired"
            yield PromptTold.model_validate(_again(message) | {"state": state})


def _newest(
    told: Sequence[ToldMessage], kind: str, key: Callable[[ToldMessage], Any]
) -> list[ToldMessage]:
    """The last message of a kind about each thing."""
    return list({key(message): message for message in told if message["type"] == kind}.values())


def _again(message: ToldMessage) -> dict[str, Any]:
    """A message to be stamped anew."""
    return {**message, "seq": 0, "at_ms": 0}
