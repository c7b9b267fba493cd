"""`qa-engine demo --live`: a server, a sidebar in the browser, and a demo call played into it."""

from __future__ import annotations

import asyncio
import secrets
import webbrowser
from collections.abc import Callable
from importlib.resources import as_file, files

import uvicorn

from api.auth import Right, Tokens, open_secret
from api.clients.feeder import FeedPlan, feed
from api.clients.recording import line_audio
from api.data_lock import DataLock
from api.server import create_app
from api.serving import server_options
from api.settings import Settings
from phrasebook.messages import say

CALLS = ("forbidden", "complaint", "good", "hold_transfer")


def demo_live(
    settings: Settings,
    *,
    call: str = "forbidden",
    speed: float = 1.0,
    open_browser: bool = True,
    stay: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Play one of `CALLS` into a server of its own; `stay` keeps it up until interrupted.

    It keeps what it hears in a directory and a store of its own, beside a site's calls.
    """
    settings = settings.model_copy(update={"data_dir": settings.data_dir / "demo", "store": ""})
    lock = DataLock(settings.data_dir, purpose="qa-engine demo --live")
    app = create_app(settings, lock=lock)
    tokens = Tokens(open_secret(settings))
    config = uvicorn.Config(app, **server_options(settings))
    server = uvicorn.Server(config)
    call_id = f"{call}-{secrets.token_hex(3)}"

    async def run() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started:
            if serving.done():
                return
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        home = f"127.0.0.1:{port}"
        watch = tokens.mint(call_id, Right.WATCH)
        page = f"http://{home}/sidebar?call={call_id}#token={watch}"
        board = f"http://{home}/board#token={tokens.mint('*', Right.SUPERVISE)}"
        tell(say("sidebar: {page}", page=page))
        tell(say("board: {page}", page=board))
        if open_browser:
            await asyncio.to_thread(webbrowser.open, page)
            await asyncio.sleep(2.0)
        with as_file(files("api") / "demo" / f"{call}.flac") as path:
            audio = await asyncio.to_thread(line_audio, path)
        plan = FeedPlan(
            url=f"ws://{home}",
            token=tokens.mint(call_id, Right.FEED),
            call_id=call_id,
            agent="1001",
            speed=speed,
        )
        await feed(audio, plan)
        if stay:
            tell(say("the call has ended; Ctrl+C stops the server"))
            await serving
        server.should_exit = True
        await serving

    asyncio.run(run())
