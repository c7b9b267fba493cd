"""Sends news to a topic of Kafka: the JSON that a webhook gets, all of one call in one partition.

confluent-kafka (librdkafka) speaks the protocol. One item at a time is written and waited for, by
all replicas in step: what comes after it cannot overtake it, and a crash loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from api.hooks.bus_address import BusAddress, bus_address
from api.hooks.delivery import Delivered, DeliveryOutcome
from api.hooks.errors import HookError

if TYPE_CHECKING:
    from confluent_kafka import Producer

log = logging.getLogger("qa_engine.hooks")

WAIT_S = 10.0
SPARE_S = 5.0
"""Beyond `WAIT_S` librdkafka has given the item up, and tells so."""
ITS_OWN_FAULT = frozenset({"MSG_SIZE_TOO_LARGE", "INVALID_RECORD", "INVALID_MSG", "_BAD_MSG"})
"""Another item may be taken; for anything else the operator can do something, so it waits."""


def check_client() -> None:
    """Raises `HookError` where the client library is missing."""
    if find_spec("confluent_kafka") is None:
        raise HookError("hooks to Kafka need its client: pip install 'qa-engine[kafka]'")


def put(url: str, told: Mapping[str, Any]) -> Delivered:
    """One item, once. Blocking. No address and none of what is told gets into `why`."""
    address = bus_address(url)
    producer = _producer(address)
    outcome: list[str] = []

    def done(error: Any, message: Any) -> None:
        outcome.append(error.name() if error is not None else "")

    try:
        producer.produce(
            address.topic,
            key=key_of(told).encode(),
            value=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
            headers={"qa-id": str(told["id"]), "qa-type": str(told["type"])},
            on_delivery=done,
        )
    except BufferError:
        return Delivered(DeliveryOutcome.LATER, "QUEUE_FULL")
    except Exception as error:
        return _failed(_name_of(error))
    producer.flush(WAIT_S + SPARE_S)
    if not outcome:
        return Delivered(DeliveryOutcome.LATER, "no answer")
    return _failed(outcome[0]) if outcome[0] else Delivered(DeliveryOutcome.TAKEN)


def key_of(told: Mapping[str, Any]) -> str:
    """What is told of one call stays in order; a coaching note is its agent's."""
    return str(told.get("call_id") or told.get("agent") or "")


def _failed(name: str) -> Delivered:
    unwanted = name in ITS_OWN_FAULT
    return Delivered(DeliveryOutcome.UNWANTED if unwanted else DeliveryOutcome.LATER, name)


def _name_of(error: Exception) -> str:
    """Kafka's own word for it; its sentence may hold an address."""
    told = error.args[0] if error.args else error
    return str(told.name()) if hasattr(told, "name") else type(error).__name__


@lru_cache(maxsize=16)
def _producer(address: BusAddress) -> Producer:
    """Kept while the process lives: connecting costs more than an item."""
    from confluent_kafka import Producer

    return Producer(options(address), logger=log)


def options(address: BusAddress) -> dict[str, Any]:
    """In librdkafka's words."""
    security = f"sasl_{address.security}" if address.user else address.security
    chosen: dict[str, Any] = {
        "bootstrap.servers": address.brokers,
        "client.id": "qa-engine",
        "security.protocol": security,
        "acks": "all",
        # One at a time is in order without the broker's help, which old ones and ACLs refuse.
        "max.in.flight.requests.per.connection": 1,
        "linger.ms": 0,
        "message.timeout.ms": round(WAIT_S * 1_000),
        # As Java's producers do it, so that others find a call in the same partition.
        "partitioner": "murmur2_random",
        # What became of an item is told by us, once and not for each attempt.
        "log_level": 0,
    }
    if address.user:
        chosen |= {
            "sasl.mechanism": address.sasl,
            "sasl.username": address.user,
            "sasl.password": address.password,
        }
    if address.ca:
        chosen["ssl.ca.location"] = address.ca
    return chosen
