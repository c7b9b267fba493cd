"""Where a site's Kafka is, in one address:

kafka+ssl://user:password@b1:9093;b2:9093/qa-events?ca=/etc/qa/ca.pem&sasl=SCRAM-SHA-256
kafka+plaintext://10.0.0.7:9092/qa-events
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from api.hooks.errors import HookError

SECURITY = ("ssl", "plaintext")
SASL = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
WORDS = frozenset({"ca", "sasl"})
_BROKER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, slots=True)
class BusAddress:
    """`brokers` as `host:port,host:port`; `ca`: a file of certificates, empty for the system's."""

    security: str
    brokers: str
    topic: str
    user: str
    password: str
    sasl: str
    ca: str


def bus_address(url: str) -> BusAddress:
    """Of what stands after `kafka+`. Raises `HookError`, which never quotes it."""
    parts = urlsplit(url)
    login, _, brokers = parts.netloc.rpartition("@")
    topic = parts.path.removeprefix("/")
    found = brokers.split(";")
    if parts.scheme not in SECURITY or not all(_BROKER.fullmatch(one) for one in found):
        raise HookError(
            "an address of Kafka is kafka+ssl://broker:9093/topic or, where the network is the "
            "site's own, kafka+plaintext://broker:9092/topic, with ; between several brokers"
        )
    if not _TOPIC.fullmatch(topic):
        raise HookError("an address of Kafka names a topic after /: letters, digits, . _ -")
    user, _, password = login.partition(":")
    ca, sasl = _words(parts)
    return BusAddress(
        security=parts.scheme,
        brokers=",".join(found),
        topic=topic,
        user=unquote(user),
        password=unquote(password),
        sasl=sasl,
        ca=ca,
    )


def _words(parts: SplitResult) -> tuple[str, str]:
    said = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    sasl = said.get("sasl", SASL[0])
    if said.keys() - WORDS or sasl not in SASL:
        raise HookError(
            f"an address of Kafka takes ca= (a file) and sasl= ({', '.join(SASL)}) after ?"
        )
    return said.get("ca", ""), sasl
