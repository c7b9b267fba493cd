"""An ended live call lies in the store like any recording's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api.store import Store
from tests.api.live.servers import Server, running, settings_for, wait_for
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_journey import whole_call


def stored(server: Server, call_id: str) -> dict[str, Any] | None:
    store: Store = server.app.state.store
    return store.load(call_id)


def test_an_ended_call_is_filed_with_its_hits_and_its_agent(tmp_path: Path) -> None:
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(whole_call(server, "filed"))
        wait_for(lambda: stored(server, "filed"))
        call = stored(server, "filed")

    assert call is not None
    assert "这个我不知道" in {utterance["text"] for utterance in call["utterances"]}
    assert {hit["source"] for hit in call["hits"]}
