"""A topic of Kafka hears what a webhook hears: a call in one partition, in order, at least once."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

pytest.importorskip("confluent_kafka", reason="confluent-kafka: pip install 'qa-engine[kafka]'")

from api.hooks import bus
from api.hooks.bus_address import bus_address
from api.hooks.cursor import Cursors
from api.hooks.delivery import DeliveryOutcome
from api.hooks.errors import HookError
from api.hooks.hook import Hook, hooks_of, read
from api.hooks.news import after
from api.hooks.sending import deliver
from api.hooks.trial import MADE_UP
from api.review.purge import purge
from api.settings import Settings
from api.store import Store
from tests.api.hooks.broker import Broker, broker
from tests.api.hooks.test_telling import _quick, _reached, appeal, from_the_first, run, telling
from tests.api.review.calls import put

__all__ = ["_quick"]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No connection of an earlier test's."""
    bus._producer.cache_clear()
    yield
    bus._producer.cache_clear()


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    with broker() as running:
        yield running


@pytest.fixture
def topic() -> str:
    """One of its own, for each database."""
    return f"qa-{uuid4().hex[:8]}"


def tell_all(store: Store, folder: Path, hook: Hook) -> None:
    """Until the trail is told to its end."""
    run(telling(store, folder, hook), lambda: _reached(store, folder, hook))


def test_a_topic_hears_what_a_webhook_hears_each_call_in_one_partition_and_in_order(
    store: Store, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    for number in (1, 2, 3):
        put(store, number)
    appeal(store, "call-1")
    hook = read(kafka.url(topic))
    from_the_first(tmp_path, hook)
    tell_all(store, tmp_path, hook)
    with store.reading() as connection:
        news, _ = after(connection, 0)
    got = kafka.records(len(news), topic)
    by_id = {one.told["id"]: one for one in got}
    assert len(by_id) == len(got) == len(news)
    for item in news:
        record = by_id[item.id]
        assert record.told == json.loads(json.dumps(item.wire()))
        assert record.key == record.told["call_id"]
        assert record.headers == {"qa-id": item.id, "qa-type": item.kind.value}
    for call_id in ("call-1", "call-2", "call-3"):
        of_call = [one for one in got if one.key == call_id]
        assert len({one.partition for one in of_call}) == 1
        numbers = [tuple(map(int, one.told["id"].split("."))) for one in of_call]
        assert numbers == sorted(numbers)
    assert {one.told["type"] for one in got if one.key == "call-1"} == {"call", "hit", "appeal"}


def test_everything_is_told_again_with_the_same_ids_from_a_number_on(
    store: Store, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    put(store, 1)
    hook = read(kafka.url(topic) + "#call")
    from_the_first(tmp_path, hook)
    tell_all(store, tmp_path, hook)
    Cursors(tmp_path).ask_again(hook.name, 0)
    run(telling(store, tmp_path, hook), lambda: len(kafka.records(2, topic)) == 2)
    first, second = kafka.records(2, topic)
    assert first == second


def test_who_was_told_of_a_call_is_told_that_it_was_purged_and_nothing_else_of_it(
    store: Store, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    put(store, 1, days_ago=400)
    appeal(store, "call-1")
    purge(store, before=datetime.now(UTC) - timedelta(days=365), who="root")
    hook = read(kafka.url(topic))
    from_the_first(tmp_path, hook)
    tell_all(store, tmp_path, hook)
    (record,) = kafka.records(1, topic)
    assert (record.key, record.told["type"]) == ("call-1", "purged")
    assert record.told.keys() == {"id", "sequence", "type", "at", "call_id"}


def test_a_bus_that_is_not_there_is_asked_again_and_no_address_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bus, "WAIT_S", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"kafka+plaintext://user:secret@127.0.0.1:{taken.getsockname()[1]}/qa"
        done = deliver(read(nobody), MADE_UP, secret=b"", desk="")
    assert done.outcome is DeliveryOutcome.LATER
    assert done.why
    assert "127.0.0.1" not in done.why
    assert "secret" not in done.why


def test_an_item_that_no_broker_would_take_is_not_wanted(kafka: Broker, topic: str) -> None:
    large = dict(MADE_UP) | {"quote": "说" * 1_000_000}
    done = deliver(read(kafka.url(topic)), large, secret=b"", desk="")
    assert (done.outcome, done.why) == (DeliveryOutcome.UNWANTED, "MSG_SIZE_TOO_LARGE")


def test_a_coaching_note_stays_in_order_with_its_agent_s_others() -> None:
    assert bus.key_of({"type": "note", "agent": "1001"}) == "1001"


def test_an_address_says_brokers_topic_and_how_one_logs_in() -> None:
    url = "ssl://qa:p%40ss@b1:9093;b2.example:9094/qa-events?ca=/etc/qa/ca.pem&sasl=SCRAM-SHA-256"
    chosen = bus.options(bus_address(url))
    assert chosen["bootstrap.servers"] == "b1:9093,b2.example:9094"
    assert chosen["security.protocol"] == "sasl_ssl"
    assert (chosen["sasl.username"], chosen["sasl.password"]) == ("qa", "p@ss")
    assert chosen["sasl.mechanism"] == "SCRAM-SHA-256"
    assert chosen["ssl.ca.location"] == "/etc/qa/ca.pem"
    assert (chosen["acks"], chosen["max.in.flight.requests.per.connection"]) == ("all", 1)
    plain = bus.options(bus_address("plaintext://10.0.0.7:9092/qa"))
    assert plain["security.protocol"] == "plaintext"
    assert not [name for name in plain if name.startswith("sasl")]


def test_without_the_client_the_server_does_not_start_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = SecretStr("kafka+ssl://b1:9093/qa")
    assert [hook.host for hook in hooks_of(Settings(hooks=written))] == ["b1"]
    monkeypatch.setattr(bus, "find_spec", lambda name: None)
    with pytest.raises(HookError, match=r"qa-engine\[kafka\]"):
        hooks_of(Settings(hooks=written))
