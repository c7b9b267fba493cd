"""The files that an operator copies are the files that run here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

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
    wait_for,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_restart import AUDIO, free_port

DEPLOY = files("api") / "deploy"
CADDY = shutil.which("caddy")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def certificate(folder: Path) -> None:
    """For qa.example, signed by nobody."""
    subject = ["-subj", "/CN=qa.example", "-addext", "subjectAltName=DNS:qa.example"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject,
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def documented(name: str, changes: dict[str, str]) -> str:
    """An operator's file with this test's names and places."""
    text = (DEPLOY / name).read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def proxy(command: list[str | Path], port: int, **more: Any) -> Iterator[None]:
    process = subprocess.Popen(command, **more)
    try:
        wait_for(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def nginx(
    folder: Path, upstream: int, name: str = "nginx.conf", more: dict[str, str] | None = None
) -> Iterator[int]:
    """With a documented file, and `more` changes; gives the port it listens on."""
    if not Path(NGINX).exists():
        pytest.skip("nginx: apt-get install nginx-light")
    port = free_port()
    certificate(folder)
    changes = {
        "127.0.0.1:8765": f"127.0.0.1:{upstream}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/qa.example.pem": f"{folder}/cert.pem",
        "/etc/ssl/private/qa.example.key": f"{folder}/key.pem",
    }
    (folder / "site.conf").write_text(documented(name, changes | (more or {})))
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "main.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 2048; }}\n"
        f"http {{ access_log off; {places} include {folder}/site.conf; }}\n"
    )
    with proxy([NGINX, "-c", folder / "main.conf", "-p", folder], port):
        yield port


@contextlib.contextmanager
def caddy(folder: Path, upstream: int, name: str = "Caddyfile") -> Iterator[int]:
    """With the documented file; its own certificate authority is asked by nobody here."""
    if CADDY is None:
        pytest.skip("caddy: apt-get install caddy")
    port = free_port()
    certificate(folder)
    changes = {
        "qa.example {\n": f"https://qa.example:{port} {{\n\tbind 127.0.0.1\n"
        f"\ttls {folder}/cert.pem {folder}/key.pem\n",
        "127.0.0.1:8765": f"127.0.0.1:{upstream}",
    }
    alone = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(alone + documented(name, changes))
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with proxy([str(part) for part in command], port, env=environment, stderr=subprocess.DEVNULL):
        yield port


@dataclass(frozen=True)
class Site:
    """A server and the proxy before it, at `https://qa.example:{port}{root}`."""

    server: Server
    port: int
    folder: Path
    root: str = ""

    def get(self, path: str) -> httpx.Response:
        with httpx.Client(verify=trusting(self.folder)) as client:
            return client.get(
                f"https://127.0.0.1:{self.port}{path}",
                headers={"Host": f"qa.example:{self.port}"},
                extensions={"sni_hostname": "qa.example"},
            )


SITES: dict[str, tuple[Any, str, str]] = {
    "nginx": (nginx, "nginx.conf", ""),
    "nginx under a path": (nginx, "nginx-prefix.conf", "/qa"),
}
SITES |= {"caddy": (caddy, "Caddyfile", "")}


@pytest.fixture(scope="module", params=SITES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    proxied, name, root = SITES[request.param]
    folder: Path = tmp_path_factory.mktemp("site")
    settings = settings_for(
        folder,
        hosts=("qa.example",),
        public_url="https://qa.example",
        trusted_proxies=("127.0.0.1",),
        root_path=root,
    )
    with (
        running(settings, scripted_hearing(folder)) as server,
        proxied(folder, server.port, name) as port,
    ):
        yield Site(server, port, folder, root)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_a_whole_call_goes_through_the_proxy_with_tls(site: Site) -> None:
    async def scenario() -> list[Json]:
        async with connect(
            f"wss://qa.example:{site.port}{site.root}/v1/listen?call_id=n&channels=2&events=true",
            host="127.0.0.1",
            port=site.port,
            ssl=trusting(site.folder),
            additional_headers=site.server.bearer("n", Right.FEED),
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
def test_pages_come_through_and_metrics_do_not(site: Site, path: str, status: int) -> None:
    assert site.get(site.root + path).status_code == status


@pytest.mark.parametrize(("path", "to"), [("/", "/desk"), ("/desk", "/desk/login?next=%2Fdesk")])
def test_redirects_stay_under_the_path_and_on_the_host(site: Site, path: str, to: str) -> None:
    assert site.get(site.root + path).headers["location"] == site.root + to


def test_what_a_page_loads_is_found(site: Site) -> None:
    for page in ("/sidebar", "/board", "/desk/login"):
        html = site.get(site.root + page).text
        loaded = re.findall(r'(?:src|href|action)="(/[^"]+)"', html)
        assert loaded
        for path in loaded:
            assert site.get(path).status_code in (200, 303), (page, path)


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
