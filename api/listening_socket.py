"""The address a server listens on, taken before anything else is touched."""

from __future__ import annotations

import os
import socket

from qa_engine.errors import QAError


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
