"""A server with speech that needs no model, for every door."""

from __future__ import annotations

import contextlib
import socket
import zlib
from collections.abc import Iterator

import pytest

from api.hearing import Hearing
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing

DOOR_PASSWORD = "a password of the switch"
TWILIO_TOKEN = "an auth token of the account"
AUDIOHOOK_KEY = "the key of the integration"
AUDIOHOOK_SECRET = "dGhlIHNlY3JldCBvZiB0aGUgaW50ZWdyYXRpb24="


def free_ports(count: int) -> str:
    """A range of UDP ports that nobody has."""
    for first in range(42_000, 60_000, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                one.bind(("127.0.0.1", port))
            return f"{first}-{first + count - 1}"
    raise RuntimeError("no ports are free")


@pytest.fixture(scope="session")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Hearing:
    """Rules and recogniser, loaded once."""
    return scripted_hearing(tmp_path_factory.mktemp("hearing"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hearing: Hearing) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    settings = settings_for(
        folder,
        door_password=DOOR_PASSWORD,
        twilio_auth_token=TWILIO_TOKEN,
        audiosocket_port=0,
        rtp_ports=free_ports(6),
        audiohook_api_key=AUDIOHOOK_KEY,
        audiohook_secret=AUDIOHOOK_SECRET,
        resume_s=8.0,
    )
    with running(settings, hearing) as up:
        yield up


@pytest.fixture
def call_id(request: pytest.FixtureRequest) -> str:
    """One that no other test of the same server uses."""
    return f"c-{zlib.crc32(request.node.name.encode()):08x}"
