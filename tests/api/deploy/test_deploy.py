"""The files that an operator copies are the files that run here."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from api.auth import Right
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_restart import AUDIO, free_port

DEPLOY = files("api") / "deploy"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


@contextlib.contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """The documented file with this test's names, ports and certificate; the port it listens on."""
    if not Path(NGINX).exists():
        pytest.skip("nginx: apt-get install nginx-light")
    port = free_port()
    subject = ["-subj", "/CN=qa.example", "-addext", "subjectAltName=DNS:qa.example"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject,
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    for old, new in {
        "127.0.0.1:8765": f"127.0.0.1:{upstream}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/qa.example.pem": f"{folder}/cert.pem",
        "/etc/ssl/private/qa.example.key": f"{folder}/key.pem",
    }.items():
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 2048; }}\n"
        f"http {{ access_log off; {places} include {folder}/site.conf; }}\n"
    )
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-p", folder])
    try:
        end_s = time.monotonic() + 20
        while time.monotonic() < end_s and not (folder / "pid").exists():
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def behind_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int, Path]]:
    folder: Path = tmp_path_factory.mktemp("nginx")
    settings = settings_for(
        folder,
        hosts=("qa.example",),
        public_url="https://qa.example",
        trusted_proxies=("127.0.0.1",),
    )
    with (
        running(settings, scripted_hearing(folder)) as server,
        nginx(folder, server.port) as port,
    ):
        yield server, port, folder


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_a_whole_call_goes_through_nginx_with_tls(behind_nginx: tuple[Server, int, Path]) -> None:
    server, port, folder = behind_nginx

    async def scenario() -> list[Json]:
        async with connect(
            f"wss://qa.example:{port}/v1/listen?call_id=n&channels=2&events=true",
            host="127.0.0.1",
            port=port,
            ssl=trusting(folder),
            additional_headers=server.bearer("n", Right.FEED),
            compression=None,
        ) as feeder:
            assert (await next_message(feeder))["type"] == "listening"
            await play(feeder, AUDIO)
            await until(feeder, "received")
            return await close_stream(feeder)

    told = asyncio.run(scenario())
    assert told[-1]["reason"] == "closed"
    assert of(told, "hit")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/readyz", 200), ("/sidebar", 200), ("/desk/login", 200), ("/metrics", 403)],
)
def test_pages_come_through_and_metrics_do_not(
    behind_nginx: tuple[Server, int, Path], path: str, status: int
) -> None:
    _, port, folder = behind_nginx
    with httpx.Client(verify=trusting(folder)) as client:
        answer = client.get(
            f"https://127.0.0.1:{port}{path}",
            headers={"Host": "qa.example"},
            extensions={"sni_hostname": "qa.example"},
        )
    assert answer.status_code == status


def test_the_unit_is_one_that_systemd_takes_and_is_hardened(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze: apt-get install systemd")
    unit = tmp_path / "qa-engine.service"
    text = (DEPLOY / "qa-engine.service").read_text("utf-8")
    assert "/opt/qa-engine/bin/qa-engine" in text
    unit.write_text(text.replace("/opt/qa-engine/bin/qa-engine", "/bin/true"))
    checked = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert str(unit.name) not in checked.stderr, checked.stderr
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", unit],
        capture_output=True,
        text=True,
    )
    assert rated.returncode == 0, rated.stdout[-300:]
