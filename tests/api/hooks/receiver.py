"""A site's own system: it keeps what it is sent, and answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


class Receiver:
    """`answers`: a status and a body for each request to come; after these 200 and {}."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/qa?key=abc"
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, Json]] = []

    @property
    def told(self) -> list[Json]:
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = mine.answers.pop(0) if mine.answers else (200, {})
            mine.got.append(({name.lower(): text for name, text in self.headers.items()}, body))
            answer = json.dumps(said).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", mine.url)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *said: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        mine = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield mine
        finally:
            server.shutdown()
            thread.join()
