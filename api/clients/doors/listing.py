"""The doors as a table: from the running server where there is one, else from what is known."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from api.auth import ANY_CALL, Right, SecretMissing, Tokens, open_secret
from api.doors.door import DOORS
from api.settings import Settings
from api.worded_errors import worded
from phrasebook.messages import say
from qa_engine.errors import QAError

WAIT_S = 5.0
UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`seen`: what was last seen there, in words."""

    name: str
    speaks: str
    address: str
    credentials: str
    page: str
    seen: str


@dataclass(frozen=True, slots=True)
class ListedDoor:
    """`unreached`: why nobody knows who came; empty where a server told."""

    doors: list[Row]
    unreached: str = ""


def listed(url: str, settings: Settings) -> ListedDoor:
    """Raises `QAError` where a server answers that is not ours, or does not know our secret."""
    seen, unreached = _seen(url, settings)
    rows = [
        Row(
            name=door.name,
            speaks=worded(door.speaks),
            address=door.address,
            credentials=worded(door.credentials),
            page=f"api/{door.page}",
            seen=seen.get(door.name, UNKNOWN),
        )
        for door in DOORS.values()
    ]
    return ListedDoor(rows, worded(unreached))


def _seen(url: str, settings: Settings) -> tuple[dict[str, str], str]:
    address = url.replace("ws", "http", 1).rstrip("/") + "/v1/doors"
    if not address.startswith("http"):
        raise QAError(f"--url {url[:60]!r}: expected such as ws://127.0.0.1:8765")
    try:
        token = Tokens(open_secret(settings)).mint(ANY_CALL, Right.SUPERVISE, life_s=60)
        asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=WAIT_S) as answer:
            rows = json.load(answer)
    except SecretMissing as error:
        return {}, str(error)
    except (urllib.error.HTTPError, ValueError) as error:
        what = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else "no JSON"
        raise QAError(
            f"{address} answers {what}: expected a qa-engine of this version that has the same "
            "QA_ENGINE_SECRET"
        ) from None
    except OSError as error:
        return {}, (
            f"no server at {url} ({type(error).__name__}): who came last is known while "
            "`qa-engine serve` runs"
        )
    return {row["name"]: _words(row) for row in rows}, ""


def _words(row: dict[str, object]) -> str:
    last_s = row["last_s"]
    if not isinstance(last_s, int | float):
        return say("nobody since the server began")
    ago_s = max(round(time.time() - last_s), 0)
    return say(
        "{ago} s ago: {last} ({calls} calls, {refused} refused)",
        ago=ago_s,
        last=worded(str(row["last"])),
        calls=row["calls"],
        refused=row["refused"],
    )
