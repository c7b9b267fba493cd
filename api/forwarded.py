"""Who really calls: the peer, or behind a proxy that the site trusts, whom that proxy names."""

from __future__ import annotations

from collections.abc import Container

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

BY_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def caller(connection: HTTPConnection, trusted: Container[str]) -> str:
    """The address to count and to log. What an untrusted peer claims is not looked at."""
    address = connection.client.host if connection.client else ""
    if address not in trusted:
        return address
    named = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([name.strip() for name in named if name.strip()]):
        address = hop
        if hop not in trusted:
            break
    return address


def came_by_proxy(headers: Headers) -> bool:
    """Whether something stands between: then a local peer says nothing about who asks."""
    return any(name in headers for name in BY_PROXY)
