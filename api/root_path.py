"""A server that lives under a path of its host, such as https://example.com/qa/: pure ASGI.

Inside, every address begins at `/`. A proxy may keep the prefix or take it off: both are
understood. What goes out has it: redirects and cookies here, links where pages are made
(`root_of`).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "qa_engine.root_path"
_COOKIE_PATH = re.compile(r"(?i)(;\s*path=)/")


def root_of(connection: HTTPConnection) -> str:
    """Empty, or the prefix without a slash at its end."""
    return str(connection.scope.get(_KEY, ""))


class RootPath:
    """`root` is empty, or such as `/qa`."""

    def __init__(self, app: ASGIApp, *, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = self._root
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        host = Headers(scope=scope).get("host", "")
        if root and (path == root or path.startswith(f"{root}/")):
            path = path[len(root) :] or "/"
        raw = path.encode("utf-8", "surrogateescape")
        inner = {**scope, "path": path, "raw_path": raw, "root_path": "", _KEY: root}

        async def send_prefixed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "location" in headers:
                    headers["Location"] = _outside(headers["location"], host, root)
                cookies = headers.getlist("set-cookie")
                if cookies:
                    del headers["set-cookie"]
                for cookie in cookies:
                    headers.append("set-cookie", _COOKIE_PATH.sub(rf"\g<1>{root}/", cookie))
            await send(message)

        await self._app(inner, receive, send_prefixed)


def _outside(target: str, host: str, root: str) -> str:
    """A redirect for a browser outside: behind a proxy we know neither its scheme nor its port."""
    parts = urlsplit(target)
    if parts.netloc not in ("", host) or not parts.path.startswith("/"):
        return target
    return urlunsplit(("", "", root + parts.path, parts.query, parts.fragment))
