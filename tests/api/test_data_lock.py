"""A server never touches the calls of another one: the directory, then the address, then them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api.clients.demo import demo_live
from api.data_lock import HOLDER, DataDirHeld, DataLock
from api.listening_socket import AddressTaken, bind
from api.live.sqlite_log import SqliteEventLog
from api.server import create_app
from tests.api.live.servers import (
    SECRET,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    until,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_restart import AUDIO


def serve(data_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    """`qa-engine serve`, until it gives up."""
    settings = {"QA_ENGINE_DATA_DIR": str(data_dir), "QA_ENGINE_SECRET": SECRET}
    return subprocess.run(
        [Path(sys.executable).with_name("qa-engine"), "serve", "--port", str(port)],
        env=os.environ | settings,
        cwd=data_dir,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_second_server_on_the_directory_says_who_has_it_and_ends_no_call(tmp_path: Path) -> None:
    async def scenario() -> list[dict[str, object]]:
        async with feeding(server, "a", "&events=true") as feeder:
            await play(feeder, AUDIO)
            await until(feeder, "opened")
            second = await asyncio.to_thread(serve, settings.data_dir, 0)
            assert second.returncode == 2
            assert f"process {os.getpid()} on {socket.gethostname()}" in second.stderr
            assert "QA_ENGINE_DATA_DIR" in second.stderr
            assert "Traceback" not in second.stderr
            return await close_stream(feeder)

    settings = settings_for(tmp_path)
    with running(settings, scripted_hearing(tmp_path)) as server:
        told = asyncio.run(scenario())
    assert [message["reason"] for message in of(told, "ended")] == ["closed"]


def test_a_server_that_finds_its_port_taken_ends_no_call(tmp_path: Path) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")
    asyncio.run(log.open_call("a", {}))
    log.close()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = serve(tmp_path, taken.getsockname()[1])
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "address already in use" in refused.stderr
    log = SqliteEventLog(tmp_path / "live.sqlite")
    record = asyncio.run(log.call("a"))
    log.close()
    assert record is not None
    assert record.ended_s is None


def test_the_demo_keeps_out_of_a_running_servers_calls(tmp_path: Path) -> None:
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)):
        demo = settings_for(tmp_path)
        held = DataLock(demo.data_dir / "demo", purpose="another demo")
        with pytest.raises(DataDirHeld, match="another demo"):
            demo_live(demo, open_browser=False, stay=False)
        held.release()


def test_a_directory_is_free_again_after_a_stop_and_after_a_kill(tmp_path: Path) -> None:
    for _ in range(2):
        with running(settings_for(tmp_path), scripted_hearing(tmp_path)):
            pass
    code = (
        "import sys, pathlib, time; from api.data_lock import DataLock; "
        "lock = DataLock(pathlib.Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    folder = tmp_path / "data"
    child = subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(DataDirHeld, match=f"process {child.pid}"):
        DataLock(folder)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    DataLock(folder).release()


def test_who_holds_it_need_not_be_readable(tmp_path: Path) -> None:
    held = DataLock(tmp_path)
    (tmp_path / HOLDER).write_text("{")
    with pytest.raises(DataDirHeld, match="another server"):
        create_app(settings_for(tmp_path, data_dir=tmp_path))
    held.release()


def test_every_address_of_a_name_is_bound_to_one_port() -> None:
    sockets = bind("localhost", 0)
    assert len({one.getsockname()[1] for one in sockets}) == 1
    for one in sockets:
        one.listen()
    with pytest.raises(AddressTaken, match="--port"):
        bind("localhost", sockets[0].getsockname()[1])
    for one in sockets:
        one.close()
