"""What a recogniser sends that hears a call: partials, then the final, line by line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from api.clients.doors.trial import DoorTrial

STEPS = (0.4, 0.8, 1.0)
"""How much of a line each of its texts holds."""


async def call(trial: DoorTrial, since_ms: float = 0.0) -> None:
    """The words of the call, when they were said; those before `since_ms` at once."""
    query = urlencode({"call_id": trial.call_id, "agent": trial.agent, "tell": "nothing"})
    async with connect(
        f"{trial.url}/v1/transcripts?{query}",
        additional_headers={"Authorization": f"Bearer {trial.token}"},
    ) as socket:
        began_s = asyncio.get_running_loop().time()
        for at_ms, line in lines(trial.said):
            due_s = began_s + (at_ms - since_ms) / 1_000 / trial.speed
            await asyncio.sleep(max(due_s - asyncio.get_running_loop().time(), 0.0))
            await socket.send(json.dumps(line, ensure_ascii=False))
        over = {"type": "CloseStream", "duration_ms": trial.audio.duration_ms}
        await socket.send(json.dumps(over))
        async for _ in socket:
            continue


def lines(said: Sequence[Mapping[str, Any]]) -> list[tuple[float, dict[str, Any]]]:
    """Every text of every line, with the moment at which it can be known."""
    told = []
    for number, line in enumerate(said):
        whole = {
            "type": "utterance",
            "id": number,
            "role": line["role"],
            "begin_ms": line["begin_ms"],
        }
        for share in STEPS:
            at_ms = line["begin_ms"] + (line["end_ms"] - line["begin_ms"]) * share
            text = line["text"][: max(1, round(len(line["text"]) * share))]
            spoken = {"text": text, "end_ms": round(at_ms), "is_final": share == STEPS[-1]}
            told.append((at_ms, whole | spoken))
    return sorted(told, key=lambda pair: pair[0])
