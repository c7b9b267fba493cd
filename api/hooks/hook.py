"""Where news goes: an address of the site's, what it wants to hear, and how it is spoken to.

https://crm.example/qa                        everything, signed
https://crm.example/qa#call+hit               some of it
wecom+https://qyapi.weixin.qq.com/…           a group's robot: 企业微信, 钉钉, 飞书
dingtalk+https://oapi.dingtalk.com/…#alert
feishu+https://open.feishu.cn/…
kafka+ssl://broker:9093/topic                 a topic of Kafka
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from api.hooks.bus import check_client
from api.hooks.bus_address import bus_address
from api.hooks.errors import HookError
from api.settings import Settings
from api.settings_values import LOOPBACK


class NewsKind(StrEnum):
    """What there is to tell."""

    CALL = "call"
    """A call has ended and is filed."""
    HIT = "hit"
    """A finding of a filed call that stands."""
    ALERT = "alert"
    """What a supervisor is alerted of, while the call runs."""
    APPEAL = "appeal"
    """An agent appeals, or is answered."""
    REVIEW = "review"
    """An inspector hands a sheet in, or takes it back at once."""
    NOTE = "note"
    """A coaching note is given."""
    PURGED = "purged"
    """A call was removed: whoever was told of it removes it too."""


class Speaks(StrEnum):
    """The shape of what is sent."""

    OURS = "ours"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    KAFKA = "kafka"


_APART = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Hook:
    """`url` may hold a secret, and is in no message and no log: `name` is."""

    url: str
    speaks: Speaks
    kinds: frozenset[NewsKind]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """Its host, and six characters that tell it from another one there."""
        return f"{self.host}/{hashlib.sha256(self.url.encode()).hexdigest()[:6]}"


def hooks_of(settings: Settings) -> list[Hook]:
    """Raises `HookError`."""
    written = settings.hooks.get_secret_value() if settings.hooks else ""
    found = [read(one) for one in _APART.split(written.strip()) if one]
    if any(hook.speaks is Speaks.OURS for hook in found) and settings.hook_secret is None:
        raise HookError("hooks are set and hook_secret is not: nobody could tell them from forged")
    if any(hook.speaks is Speaks.KAFKA for hook in found):
        check_client()
    return found


def read(text: str) -> Hook:
    """Raises `HookError`, which never quotes the address."""
    speaks, plus, address = text.partition("+")
    if not plus or speaks not in tuple(Speaks):
        speaks, address = Speaks.OURS, text
    address, _, wanted = address.partition("#")
    parts = urlsplit(address)
    if speaks == Speaks.KAFKA:
        bus_address(address)
    elif not _is_safe(parts):
        raise HookError(
            "a hook's address begins neither with https:// nor with wecom+https://, "
            "dingtalk+https://, feishu+https:// or kafka+ssl:// (http:// on this machine only)"
        )
    try:
        kinds = frozenset(NewsKind(one) for one in wanted.split("+") if one)
    except ValueError:
        raise HookError(
            f"a hook to {parts.hostname} wants what there is not: "
            f"expected {', '.join(NewsKind)} after #, with + between"
        ) from None
    return Hook(address, Speaks(speaks), kinds or _usual(Speaks(speaks)))


def _is_safe(parts: SplitResult) -> bool:
    here = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or here)


def _usual(speaks: Speaks) -> frozenset[NewsKind]:
    """What a hook hears of that names nothing: a group of people has nothing to remove."""
    every = frozenset(NewsKind)
    return every if speaks in (Speaks.OURS, Speaks.KAFKA) else every - {NewsKind.PURGED}
