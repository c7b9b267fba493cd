"""One delivery: signed, straight there, and known to be taken, to come later, or not to be wanted."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from api.hooks.delivery import DeliveryOutcome
from api.hooks.hook import Hook, NewsKind, Speaks, read
from api.hooks.sending import deliver
from api.hooks.trial import MADE_UP
from tests.api.hooks.receiver import Receiver, receiver

SECRET = b"a secret of the hooks"


def hook(to: Receiver, speaks: Speaks = Speaks.OURS) -> Hook:
    return Hook(to.url, speaks, frozenset(NewsKind))


def test_whoever_knows_the_secret_can_tell_that_it_is_ours() -> None:
    with receiver() as site:
        assert deliver(hook(site), MADE_UP, secret=SECRET, desk="").outcome is DeliveryOutcome.TAKEN
    ((headers, body),) = site.got
    signed = headers["x-qa-timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    assert headers["x-qa-signature"] == f"sha256={expected}"
    assert headers["x-qa-delivery"] == MADE_UP["id"] == json.loads(body)["id"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, DeliveryOutcome.TAKEN),
        (302, DeliveryOutcome.UNWANTED),
        (400, DeliveryOutcome.UNWANTED),
        (404, DeliveryOutcome.UNWANTED),
        (408, DeliveryOutcome.LATER),
        (429, DeliveryOutcome.LATER),
        (500, DeliveryOutcome.LATER),
        (503, DeliveryOutcome.LATER),
    ],
)
def test_an_answer_says_what_becomes_of_it(status: int, outcome: DeliveryOutcome) -> None:
    with receiver() as site:
        site.answers = [(status, {})]
        done = deliver(hook(site), MADE_UP, secret=SECRET, desk="")
    assert done.outcome is outcome
    assert len(site.got) == 1, "no redirect is followed"


def test_nobody_there_is_for_later_and_no_address_is_told() -> None:
    done = deliver(read("http://127.0.0.1:9/secret"), MADE_UP, secret=SECRET, desk="")
    assert done.outcome is DeliveryOutcome.LATER
    assert "secret" not in done.why


@pytest.mark.parametrize(
    ("speaks", "answer", "outcome"),
    [
        (Speaks.WECOM, {"errcode": 0, "errmsg": "ok"}, DeliveryOutcome.TAKEN),
        (Speaks.WECOM, {"errcode": 45009}, DeliveryOutcome.LATER),
        (Speaks.WECOM, {"errcode": 93000}, DeliveryOutcome.UNWANTED),
        (Speaks.DINGTALK, {"errcode": 310000}, DeliveryOutcome.UNWANTED),
        (Speaks.DINGTALK, {"errcode": 130101}, DeliveryOutcome.LATER),
        (Speaks.FEISHU, {"code": 0, "msg": "success"}, DeliveryOutcome.TAKEN),
        (Speaks.FEISHU, {"code": 9499}, DeliveryOutcome.LATER),
        (Speaks.FEISHU, {"code": "?"}, DeliveryOutcome.UNWANTED),
    ],
)
def test_robots_say_it_in_their_answer(
    speaks: Speaks, answer: dict[str, object], outcome: DeliveryOutcome
) -> None:
    with receiver() as site:
        site.answers = [(200, answer)]
        assert deliver(hook(site, speaks), MADE_UP, secret=b"", desk="").outcome is outcome


def test_robots_get_a_sentence_and_no_signature() -> None:
    told = {
        "id": "7.1",
        "type": "hit",
        "call_id": "c-7",
        "agent": "1001",
        "title": "直接说不知道",
        "quote": "这个我不知道",
        "effect": "waiting",
    }
    with receiver() as site:
        for speaks in (Speaks.WECOM, Speaks.DINGTALK, Speaks.FEISHU):
            deliver(hook(site, speaks), told, secret=SECRET, desk="https://qa.example")
        reviewed = {"id": "8.0", "type": "review", "state": "submitted", "score": 87.5}
        deliver(hook(site, Speaks.WECOM), told | reviewed, secret=SECRET, desk="")
    wecom, dingtalk, feishu, review = site.told
    line = "【质检】命中：坐席 1001，直接说不知道（待复核）：“这个我不知道” https://qa.example/desk/calls/c-7"
    assert wecom == dingtalk == {"msgtype": "text", "text": {"content": line}}
    assert feishu == {"msg_type": "text", "content": {"text": line}}
    assert review["text"]["content"] == "【质检】复核：坐席 1001，质检员提交了复核，87.5 分"
    assert not any("x-qa-signature" in headers for headers, _ in site.got)
