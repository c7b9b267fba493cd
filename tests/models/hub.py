"""The few answers of a Hugging Face Hub that fetching a model needs, on 127.0.0.1."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Serves the files of a folder as the one repository it has."""

    folder: Path
    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    break_after: dict[str, int] = field(default_factory=dict)
    """File name to the number of bytes after which the connection breaks, once."""
    lies: dict[str, bytes] = field(default_factory=dict)
    """File name to the content that is sent instead of the stated one."""

    def listing(self, repository: str) -> bytes:
        siblings = []
        for file in sorted(self.folder.iterdir()):
            content = file.read_bytes()
            entry = {"rfilename": file.name, "size": len(content), "blobId": "0" * 40}
            if file.name == "model.bin":
                checksum = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": checksum, "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        described = {"id": repository, "sha": REVISION, "siblings": siblings, "tags": []}
        return json.dumps({**described, "private": False, "downloads": 0, "likes": 0}).encode()


@contextmanager
def serve(folder: Path) -> Iterator[Hub]:
    hub = Hub(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            hub.asked.append(self.path)
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            if hub.status != 200:
                return self.send(hub.status, b"{}", body)
            if self.path.startswith("/api/models/"):
                repository = self.path.removeprefix("/api/models/").split("/revision")[0]
                return self.send(200, hub.listing(repository.split("?")[0]), body)
            file = hub.folder / self.path.split("?")[0].rsplit("/", 1)[-1]
            if not file.is_file():
                return self.send(404, b"{}", body)
            return self.send_file(file, body)

        def send_file(self, file: Path, body: bool) -> None:
            content = hub.lies.get(file.name, file.read_bytes())
            begin = 0
            if asked := self.headers.get("Range"):
                begin = int(asked.removeprefix("bytes=").split("-")[0])
            part = content[begin:]
            self.send_response(206 if begin else 200)
            self.send_header("ETag", f'"{hashlib.sha256(file.read_bytes()).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("Accept-Ranges", "bytes")
            if begin:
                self.send_header(
                    "Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}"
                )
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if body:
                cut = hub.break_after.pop(file.name, None)
                self.wfile.write(part[:cut])
                self.close_connection = cut is not None

        def send(self, status: int, content: bytes, body: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
