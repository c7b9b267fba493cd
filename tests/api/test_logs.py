"""What a real server writes to its journal: calls, refusals, stops, by id; and no words, no secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from api.auth import Right, Tokens
from api.logs import JsonLines, TextLines
from qa_engine.errors import QAError
from tests.api.live.servers import SECRET, close_stream, next_message, play, until
from tests.api.live.test_restart import AUDIO, free_port, is_ready, url, wait_for

SERVER = """
import json, sys
from pathlib import Path
import api.server
import api.serving
from tests.api.live.servers import settings_for
from tests.api.live.speech import scripted_hearing
folder = Path(sys.argv[1])
api.server.load_hearing = lambda *given: scripted_hearing(folder)
api.serving.serve(settings_for(folder, port=int(sys.argv[2]), **json.loads(sys.argv[3])))
"""


def journal(folder: Path, **changes: Any) -> tuple[str, str]:
    """Of a server with one call and one refusal, stopped by SIGTERM: what it printed and logged."""
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(folder), str(port), json.dumps(changes)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    async def scenario() -> None:
        tokens = Tokens(SECRET)
        token = {"Authorization": f"Bearer {tokens.mint('k', Right.FEED)}"}
        async with connect(
            url(port, "k") + "&phone=13900001111", additional_headers=token
        ) as feeder:
            await play(feeder, AUDIO)
            await until(feeder, "received")
            await close_stream(feeder)
        wrong = {"Authorization": "Bearer nonsense"}
        async with connect(url(port, "x"), additional_headers=wrong) as feeder:
            assert (await next_message(feeder))["code"] == "token"

    def answers() -> bool:
        try:
            return is_ready(port)
        except httpx.TransportError:
            return False

    try:
        wait_for(answers, 60)
        asyncio.run(scenario())
        httpx.get(f"http://127.0.0.1:{port}/sidebar?call=k&phone=13900001111")
    finally:
        server.send_signal(signal.SIGTERM)
        printed, logged = server.communicate(timeout=60)
    return printed, logged


def test_json_lines_tell_calls_refusals_and_stops_by_id_and_no_words(tmp_path: Path) -> None:
    printed, logged = journal(tmp_path, log_format="json", log_requests=True)
    lines = [json.loads(line) for line in logged.splitlines()]
    told = [line["message"] for line in lines]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    begun = next(line for line in lines if line["message"] == "call begun")
    ended = next(line for line in lines if line["message"] == "call ended")
    refused = next(line for line in lines if line["message"] == "refused: token")
    assert begun["call_id"] == ended["call_id"] == "k"
    assert (ended["reason"], ended["duration_ms"]) == ("closed", 8_000)
    assert (refused["code"], refused["peer"]) == ("token", "127.0.0.1")
    assert told.index("stopping") < told.index("stopped")
    asked = [line for line in lines if line["message"] == "request" and line["path"] == "/sidebar"]
    assert (asked[0]["status"], asked[0]["method"]) == (200, "GET")
    everything = printed + logged
    for word in ("不知道", "感谢", "13900001111", SECRET, "token=", "one-time password "):
        assert word not in everything.replace("prints a one-time password", "")


def test_lines_for_people_have_time_and_level_and_no_request_is_noted_unless_asked(
    tmp_path: Path,
) -> None:
    _, logged = journal(tmp_path)
    first = next(line for line in logged.splitlines() if "call begun" in line)
    assert first.split(" ", 1)[0].endswith("Z")
    assert first.endswith("INFO qa_engine.calls: call begun call_id=k")
    assert "request" not in logged


def test_from_a_higher_level_on_calls_are_not_noted(tmp_path: Path) -> None:
    assert "call begun" not in journal(tmp_path, log_level="warning")[1]


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()], ids=["json", "text"])
def test_an_exception_tells_where_it_was_raised_and_not_what_it_quotes(
    lines: logging.Formatter,
) -> None:
    def written(error: Exception) -> str:
        try:
            raise error
        except Exception:
            caught = sys.exc_info()
        record = logging.LogRecord("qa_engine.x", logging.ERROR, "", 0, "failed", None, caught)
        return lines.format(record)

    text = written(ValueError("我的身份证号是"))
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert "身份证" not in text
    assert "the store is away" in written(QAError("the store is away"))
