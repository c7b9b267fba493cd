"""What every request passes: a body that is too long however it comes, and text that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.auth import Right
from api.security_middleware import MAX_BODY
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("guard")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 1_000):
        yield b"x" * 1_000


@pytest.mark.parametrize("path", ["/v1/tokens", "/desk/login", "/nowhere"])
@pytest.mark.parametrize("way", ["length", "chunked"])
def test_a_long_body_is_refused_however_it_comes(server: Server, path: str, way: str) -> None:
    body = b"x" * (MAX_BODY + 1) if way == "length" else pieces(4_000_000)
    try:
        answer = httpx.post(server.http + path, content=body)
    except httpx.WriteError:
        return  # The server had answered and closed before all was sent.
    assert answer.status_code == 413
    assert str(MAX_BODY) in answer.text


def test_a_chunked_body_within_the_limit_is_read_whole(server: Server) -> None:
    headers = server.bearer("*", Right.SUPERVISE) | {"Content-Type": "application/json"}
    body = iter([b'{"call": "c-1", ', b'"role": "watch"}'])
    answer = httpx.post(f"{server.http}/v1/tokens", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["call"] == "c-1"


@pytest.mark.parametrize(
    "body",
    [
        b'{"call": "\\ud800", "role": "watch"}',
        b'{"call": "c-1", "role": "watch", "\\udfff": 1}',
        b'{"call": "c-1", "role": "\\ud800"}',
        b'{"call": "13800138000 wang", "role": "watch"}',
    ],
)
def test_text_that_cannot_be_is_a_mistake_of_the_client_and_is_not_repeated(
    server: Server, body: bytes
) -> None:
    headers = server.bearer("*", Right.SUPERVISE) | {"Content-Type": "application/json"}
    answer = httpx.post(f"{server.http}/v1/tokens", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert "13800138000" not in answer.text
