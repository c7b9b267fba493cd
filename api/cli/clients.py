"""`qa-engine replay` and `listen`: recordings or this machine's sound into a live server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.settings_load import load_settings
from phrasebook.messages import CHINESE, language, say
from qa_engine.report.wording import clock

Url = Annotated[str, typer.Option(help="the server, such as ws://127.0.0.1:8765")]
Token = Annotated[str | None, typer.Option(help="a feed token (default: made here)")]
URL = "ws://127.0.0.1:8765"


def replay(
    recordings: Annotated[list[Path], typer.Argument(help="calls to play")],
    url: Url = URL,
    speed: Annotated[float, typer.Option(help="times real time", min=0.1, max=20)] = 1.0,
    calls: Annotated[int, typer.Option(help="so many at once", min=1, max=500)] = 1,
    offset: Annotated[float, typer.Option(help="seconds between their beginnings")] = 1.0,
    script: Annotated[str, typer.Option(help="the script the calls follow")] = "",
    roles: Annotated[str, typer.Option(help="such as agent,customer")] = "",
    token: Token = None,
) -> None:
    """Play recordings into a live server as if they were calls."""
    from api.clients.replay import replay as run

    console = Console(highlight=False, soft_wrap=True)
    told = ReplayLines(lambda line: console.print(line, markup=False))
    done = run(
        recordings,
        tell=told.hear,
        url=url,
        settings=load_settings(),
        speed=speed,
        calls=calls,
        offset_s=offset,
        script=script,
        roles=roles,
        token=token,
    )
    if not all(call.ended or call.is_kept for call in done):
        raise typer.Exit(1)


def listen(
    url: Url = URL,
    agent_device: Annotated[str | None, typer.Option(help="the agent's microphone")] = None,
    customer_device: Annotated[str | None, typer.Option(help="a loopback device")] = None,
    devices: Annotated[bool, typer.Option("--devices", help="list devices and stop")] = False,
    agent: Annotated[str, typer.Option(help="the agent's id")] = "",
    script: Annotated[str, typer.Option(help="the script the call follows")] = "",
    token: Token = None,
) -> None:
    """Feed a live call from the microphone (agent) and a loopback device (customer)."""
    from api.clients import microphone
    from api.clients.feeder import EventJson

    console = Console(highlight=False)
    if devices:
        table = Table("#", say("device"), say("channels"), box=None)
        for device in microphone.devices():
            table.add_row(str(device.index), device.name, str(device.channels))
        console.print(table)
        return
    with console.status("") as status:

        def tell(message: EventJson) -> None:
            if message["type"] == "prompt" and message["state"] == "shown":
                console.print(f"{message['title']}：{'；'.join(message['suggest'])}", markup=False)
            elif message["type"] == "ended":
                console.print(concluded(message), markup=False)

        def level(of_agent: float, of_customer: float) -> None:
            bars = f"agent {microphone.meter(of_agent)}  customer {microphone.meter(of_customer)}"
            status.update(bars)

        call_id = microphone.listen(
            url=url,
            settings=load_settings(),
            agent_device=device_of(agent_device),
            customer_device=device_of(customer_device),
            token=token,
            agent=agent,
            script=script,
            tell=tell,
            level=level,
        )
    console.print(say("{call_id}: ended", call_id=call_id))


class ReplayLines:
    """What a replay tells line by line: calls begin, go on, get prompts, end."""

    EVERY_MS = 10_000

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._due_ms: dict[str, int] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        call_id = message["call_id"]
        now_ms = message.get("received_ms", message["at_ms"])
        at = f"{call_id} {clock(now_ms)}"
        match message["type"]:
            case "listening":
                again = call_id in self._due_ms
                self._say(
                    say("{at} connected again", at=at) if again else say("{at} connected", at=at)
                )
                self._due_ms.setdefault(call_id, self.EVERY_MS)
            case "received" if now_ms >= self._due_ms[call_id]:
                self._say(f"{at} …")
                self._due_ms[call_id] = now_ms + self.EVERY_MS
            case "prompt" if message["state"] == "shown":
                self._say(f"{at} {message['title']}：{'；'.join(message['suggest'])}")
            case "notice":
                self._say(f"{at} {message['text']}")
            case "ended":
                self._say(_ended(at, message))


def _ended(at: str, message: Mapping[str, Any]) -> str:
    why = _ENDS.get(message["reason"], message["reason"])
    reason = why if language() == CHINESE else message["reason"]
    return say("{at} ended ({reason}); {outcome}", at=at, reason=reason, outcome=concluded(message))


_ENDS = {
    "closed": "正常结束",
    "lost": "连接断开",
    "too_long": "超过最长时限",
    "server_stopped": "服务停止",
    "server_restarted": "服务重启",
    "failed": "出错",
}


def device_of(text: str | None) -> int | str | None:
    """A device by its number or by a part of its name."""
    return int(text) if text is not None and text.isdigit() else text


def concluded(ended: Mapping[str, Any]) -> str:
    """What an ended call came to, in a line."""
    if ended.get("score") is None:
        return say("no score: {why}", why=ended["judgeable"]["message_zh"] or ended["reason"])
    score = f"{ended['score']:g}"
    if ended.get("to_give"):
        to_give = f"{ended['to_give']:g}"
        score = say("{score}, {n} points still to be given by a person", score=score, n=to_give)
    if ended["conclusion"] == "to_review":
        return say("score {score} (to be reviewed)", score=score)
    return say("score {score}", score=score)
