"""Addresses: what is wanted, how it is spoken to, and no secret of theirs in any message."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from api.hooks.errors import HookError
from api.hooks.hook import NewsKind, Speaks, hooks_of, read
from api.settings import Settings


def test_an_address_says_how_it_is_spoken_to_and_what_it_wants() -> None:
    plain = read("https://crm.example/qa?x=1")
    assert (plain.speaks, plain.kinds) == (Speaks.OURS, frozenset(NewsKind))
    robot = read("wecom+https://qyapi.weixin.qq.com/send?key=secret#alert+appeal")
    assert robot.speaks is Speaks.WECOM
    assert robot.kinds == {NewsKind.ALERT, NewsKind.APPEAL}
    assert robot.url == "https://qyapi.weixin.qq.com/send?key=secret"
    # A group of people has nothing to remove.
    assert NewsKind.PURGED not in read("feishu+https://open.feishu.cn/x").kinds
    assert "secret" not in robot.name


@pytest.mark.parametrize(
    "address",
    [
        "http://crm.example/secret",
        "ftp://crm.example/secret",
        "slack+https://hooks.example/secret",
        "https://",
        "https://crm.example/secret#all",
        "secret",
        "kafka+https://secret:9092/topic",
        "kafka+ssl://secret/topic",
        "kafka+ssl://user:secret@b1:9092;/topic",
        "kafka+ssl://user:secret@b1:9092",
        "kafka+ssl://user:secret@b1:9092/a/b",
        "kafka+plaintext://user:secret@b1:9092/topic?sasl=GSSAPI",
        "kafka+plaintext://user:secret@b1:9092/topic?password=secret",
    ],
)
def test_what_is_no_address_is_told_without_it(address: str) -> None:
    with pytest.raises(HookError) as error:
        read(address)
    assert "secret" not in str(error.value)


def test_our_own_shape_needs_a_secret_to_sign_with() -> None:
    written = SecretStr(
        "https://crm.example/qa, feishu+https://open.feishu.cn/x\nhttps://b.example"
    )
    with pytest.raises(HookError, match="hook_secret"):
        hooks_of(Settings(hooks=written))
    found = hooks_of(Settings(hooks=written, hook_secret=SecretStr("a secret of the hooks")))
    assert [hook.host for hook in found] == ["crm.example", "open.feishu.cn", "b.example"]
    assert hooks_of(Settings()) == []
