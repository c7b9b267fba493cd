"""A login opens the live board, from this server's own pages alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from websockets.asyncio.client import connect

from api.review.accounts import people, sessions
from tests.api.live.servers import next_message, running, settings_for
from tests.api.live.speech import scripted_hearing


def test_a_login_counts_on_our_own_pages_only(tmp_path: Path) -> None:
    with running(
        settings_for(tmp_path, origins=("https://crm.example",)), scripted_hearing(tmp_path)
    ) as server:
        people.create_user(server.app.state.store, "ines", role="inspector")
        people.set_password(server.app.state.store, "ines", "a sentence nobody guesses", by="ines")
        session = sessions.begin(server.app.state.store, "ines", how="test")
        cookie = {"Cookie": f"qa_session={session.token}"}

        async def refused(origin: str | None) -> str:
            url = f"{server.ws}/v1/board?login"
            async with connect(url, origin=origin, additional_headers=cookie) as socket:  # type: ignore[arg-type]
                return str((await next_message(socket)).get("code", ""))

        assert asyncio.run(refused(server.http)) == ""
        assert asyncio.run(refused(None)) == "origin"
        assert asyncio.run(refused("https://crm.example")) == "origin"
