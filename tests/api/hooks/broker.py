"""A Kafka for tests: the cluster that librdkafka itself is tested with, over real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Record:
    partition: int
    key: str
    headers: dict[str, str]
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broker:
    addresses: str

    def url(self, topic: str = "qa") -> str:
        return f"kafka+plaintext://{self.addresses.replace(',', ';')}/{topic}"

    def records(self, count: int, topic: str = "qa") -> list[Record]:
        """The first so many of the topic, each partition in its order."""
        consumer = Consumer({"bootstrap.servers": self.addresses, "group.id": "site"})
        partitions = consumer.list_topics(topic, timeout=WAIT_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found: list[Record] = []
        until_s = time.monotonic() + WAIT_S
        while len(found) < count and time.monotonic() < until_s:
            message = consumer.poll(0.2)
            if message is None or message.error():
                continue
            found.append(_record(message))
        consumer.close()
        return found


def _record(message: Any) -> Record:
    headers = {name: value.decode() for name, value in message.headers()}
    body = json.loads(message.value())
    return Record(message.partition(), message.key().decode(), headers, body)


@contextmanager
def broker(count: int = 3) -> Iterator[Broker]:
    """So many brokers, while within."""
    cluster = Producer(
        {"bootstrap.servers": "none", "test.mock.num.brokers": count, "log_level": 0}
    )
    found = cluster.list_topics(timeout=WAIT_S).brokers.values()
    yield Broker(",".join(f"{one.host}:{one.port}" for one in found))
    del cluster
