"""The address a server listens on, taken before anything else is touched."""

from __future__ import annotations

import os
import socket

from qa_engine.errors import QAError

_WAITING_BYTES = 1 << 20
"""Datagrams that wait while the server does something else; the system may allow less."""


class AddressTaken(QAError):
    """The server cannot listen where it was told to."""


def bind(host: str, port: int, *, choose: str = "--host and --port") -> list[socket.socket]:
    """Bound sockets, one for each address of `host`, all on one port. Raises `AddressTaken`.

    `choose`: what sets them.
    They do not listen yet: a client waits or is refused until the server takes calls.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sockets.append(one := socket.socket(family, kind, protocol))
            if os.name == "posix":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = port or (sockets[0].getsockname()[1] if len(sockets) > 1 else 0)
            one.bind((address[0], chosen, *address[2:]))
    except OSError as error:
        for one in sockets:
            one.close()
        reason = (error.strerror or type(error).__name__).lower()
        raise AddressTaken(
            f"cannot listen on {host} port {port} ({reason}); stop the program that listens "
            f"there, or choose another with {choose}"
        ) from None
    return sockets


def bind_range(host: str, ports: str) -> list[socket.socket]:
    """Bound UDP sockets, one for each port of a range such as 40000-40019; none for an empty one.

    Raises `AddressTaken`.
    """
    if not ports:
        return []
    first, _, last = ports.partition("-")
    sockets: list[socket.socket] = []
    for port in range(int(first), int(last) + 1):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sockets.append(one := socket.socket(family, socket.SOCK_DGRAM))
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WAITING_BYTES)
        try:
            one.bind((host, port))
        except OSError as error:
            for each in sockets:
                each.close()
            reason = (error.strerror or type(error).__name__).lower()
            raise AddressTaken(
                f"cannot listen on {host} port {port} ({reason}); choose others with "
                "QA_ENGINE_RTP_HOST and QA_ENGINE_RTP_PORTS"
            ) from None
    return sockets
