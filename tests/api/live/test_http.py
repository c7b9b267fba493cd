"""The HTTP side of the live server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema
import pytest

from api.auth import Right
from api.live.protocol import schema
from api.live.wire_audio import Encoding, encode
from models.recogniser import Samples
from tests.api.live.servers import Json, Server, close_stream, feeding, play, running, settings_for
from tests.api.live.speech import record, scripted_hearing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("http")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def get(server: Server, path: str, right: Right | None = Right.SUPERVISE) -> httpx.Response:
    headers = server.bearer("*", right) if right else {}
    return httpx.get(server.http + path, headers=headers)


ONE_SENTENCE = record([(0, 300, "这个我不知道")], 2_500)
CONVERSATION = record(
    [
        (0, 300, "您好感谢致电很高兴为您服务"),
        (1, 3_500, "我要查一下我的账单"),
        (0, 6_000, "这个我不知道"),
    ],
    8_500,
)


async def short_call(server: Server, name: str, sound: Samples = ONE_SENTENCE) -> None:
    audio = encode(sound, Encoding.LINEAR16)
    async with feeding(server, name, "&agent=1001") as feeder:
        await play(feeder, audio)
        await close_stream(feeder)


def test_a_call_is_listed_and_its_messages_match_the_schema(server: Server) -> None:
    asyncio.run(short_call(server, "listed"))
    assert "listed" in [call["call_id"] for call in get(server, "/v1/calls").json()["past"]]
    told: list[Json] = get(server, "/v1/calls/listed").json()
    assert (told[0]["type"], told[-1]["type"]) == ("opened", "ended")
    whole = schema()
    validator = jsonschema.Draft202012Validator(
        whole["properties"]["to_watcher"] | {"$defs": whole["$defs"]}
    )
    for message in told:
        validator.validate(message)


def test_the_report_comes_from_the_log_and_finds_what_was_told(server: Server) -> None:
    asyncio.run(short_call(server, "reported", CONVERSATION))
    report = get(server, "/v1/calls/reported/report").json()
    assert [hit["rule"] for hit in report["hits"]] == ["dont-know"]
    told = get(server, "/v1/calls/reported").json()
    assert report["score"]["total"] == told[-1]["score"]
    assert report["conclusion"] == told[-1]["conclusion"]
    page = get(server, "/v1/calls/reported/report?format=html")
    assert page.headers["content-type"].startswith("text/html")


def test_a_call_that_cannot_be_judged_ends_without_a_score_and_says_why(server: Server) -> None:
    asyncio.run(short_call(server, "curt"))
    report = get(server, "/v1/calls/curt/report").json()
    ended = get(server, "/v1/calls/curt").json()[-1]
    assert (report["score"], ended["score"], ended["passed"]) == (None, None, None)
    assert ended["judgeable"] == report["judgeable"]
    assert ended["judgeable"]["reason"] == "too_short"


@pytest.mark.parametrize(
    ("path", "right", "status"),
    [
        ("/v1/calls", None, 401),
        ("/v1/calls", Right.WATCH, 403),
        ("/v1/calls/x", Right.FEED, 403),
        ("/v1/calls/never", Right.SUPERVISE, 404),
        ("/static/../settings.py", None, 404),
        ("/static/nothing.js", None, 404),
        ("/docs", None, 404),
    ],
)
def test_refusing_is_the_default(
    server: Server, path: str, right: Right | None, status: int
) -> None:
    assert get(server, path, right).status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/schema", "/openapi.json"])
def test_what_anyone_may_ask(server: Server, path: str) -> None:
    assert get(server, path, None).status_code == 200


def test_the_metrics_hold_the_accounts_of_ended_calls(server: Server) -> None:
    asyncio.run(short_call(server, "counted"))
    page = get(server, "/metrics", None).text
    assert 'qa_audio_ms_total{fate="decoded",reason=""}' in page
    assert "qa_prompt_lag_seconds_bucket" in page


def test_a_supervisor_makes_tokens_for_one_call(server: Server) -> None:
    answer = httpx.post(
        f"{server.http}/v1/tokens",
        headers=server.bearer("*", Right.SUPERVISE),
        json={"call": "c7", "role": "watch", "life_s": 60},
    )
    grant = server.tokens.check(answer.json()["token"])
    assert grant.allows(Right.WATCH, "c7")
    assert not grant.allows(Right.WATCH, "c8")


def test_a_token_mints_none_with_more_rights_than_its_own(server: Server) -> None:
    body = {"call": "*", "role": "supervise"}
    headers = server.bearer("*", Right.SUPERVISE)
    assert httpx.post(f"{server.http}/v1/tokens", headers=headers, json=body).status_code == 422
    body = {"call": "c", "role": "watch"}
    headers = server.bearer("*", Right.WATCH)
    assert httpx.post(f"{server.http}/v1/tokens", headers=headers, json=body).status_code == 403


def test_a_rebound_dns_name_is_not_answered(server: Server) -> None:
    answer = httpx.get(f"{server.http}/board", headers={"Host": "rebound.example"})
    assert answer.status_code == 421


def test_a_large_body_is_refused_before_it_is_read(server: Server) -> None:
    answer = httpx.post(f"{server.http}/v1/tokens", content=b"x" * 100_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/sidebar", "/board", "/sidebar?lang=en", "/static/app.css"])
def test_pages_carry_a_strict_policy(server: Server, path: str) -> None:
    answer = get(server, path, None)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
