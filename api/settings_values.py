"""What a setting's value must look like: a type for each kind, a sentence for what is none."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_PORTS = 1_000
_ROOT = re.compile(r"(/[A-Za-z0-9._-]+)+")
_LISTENERS = ("agent", "inspector", "lead")


def _listed(value: object) -> object:
    """`a, b` and `["a", "b"]` alike."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError(
                'not a JSON list; expected values with commas between them, or ["a", "b"]'
            ) from None
    return tuple(part.strip() for part in text.split(",") if part.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""In the environment with commas between them, or as a JSON list."""


def named_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError in a sentence."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name[:60]!r} is no time zone; expected an IANA name, such as Asia/Shanghai"
        ) from None


def _are_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        parts = urlsplit(value)
        wild = value in ("'self'", "'none'", "*")
        if not wild and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError(
                f"{value[:100]!r} is no origin; expected scheme and host, such as "
                "https://crm.example"
            )
        if parts.path.rstrip("/") or parts.query or parts.fragment:
            raise ValueError(
                f"{value[:100]!r} is more than an origin; expected scheme and host only, such "
                f"as {parts.scheme}://{parts.netloc}"
            )
    return values


def _are_networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise ValueError(
                f"{value[:60]!r} is no address or network; expected such as 10.0.0.7 or 10.0.0.0/24"
            ) from None
    return values


def _are_named_peers(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if not values and info.data.get("audiosocket_host") not in LOOPBACK:
        raise ValueError(
            "audiosocket_host lies beyond this machine, and AudioSocket has no password: "
            "expected the addresses of the switches that may connect"
        )
    return values


def _are_named_senders(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if not values and info.data.get("rtp_host") not in LOOPBACK:
        raise ValueError(
            "rtp_host lies beyond this machine, and RTP has no password: expected the addresses "
            "of the switches that may send"
        )
    return values


def _is_range(value: str) -> str:
    first, _, last = value.partition("-")
    fits = first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= 65_535
    if value and not (fits and int(last) - int(first) < _MOST_PORTS):
        raise ValueError(
            f"no range of ports, of {_MOST_PORTS} at most; expected such as 40000-40019"
        )
    return value


def _is_root(value: str) -> str:
    root = value.rstrip("/")
    if root and not _ROOT.fullmatch(root):
        raise ValueError(
            f"{value[:100]!r} is no path prefix; expected such as /qa, of letters, digits and "
            "-._/ alone"
        )
    return root


def _is_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise ValueError(f"{value[:100]!r} is no address; expected such as https://qa.example")
    if value and (parts.path.rstrip("/") or parts.query or parts.fragment):
        raise ValueError(
            f"{value[:100]!r} is more than scheme and host; expected {parts.scheme}://"
            f"{parts.netloc}, and the path in root_path"
        )
    return value.rstrip("/")


def _is_https(value: str, info: ValidationInfo) -> str:
    """Whoever stands between could otherwise log in as anybody."""
    if value and not value.startswith("https://"):
        raise ValueError(f"{value[:100]!r} is no safe issuer; expected https://…")
    if value and not str(info.data.get("public_url", "")).startswith("https://"):
        raise ValueError(
            "an identity provider needs public_url, such as https://qa.example: where it sends "
            "people back to"
        )
    return value


def _are_roles(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in _LISTENERS:
            raise ValueError(
                f"{value[:60]!r} hears no recordings; expected {', '.join(_LISTENERS)}"
            )
    return values


def _is_zone(value: str) -> str:
    return named_zone(value).key if value else value


def _are_hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if "/" in value or not urlsplit(f"//{value}").hostname:
            raise ValueError(
                f"{value[:100]!r} is no host name; expected one without scheme and path, such "
                "as qa.example"
            )
    return values


def _is_base64(value: SecretStr) -> SecretStr:
    try:
        if len(base64.b64decode(value.get_secret_value(), validate=True)) < 16:
            raise ValueError
    except ValueError:
        raise ValueError("no secret of 16 bytes or more in base64") from None
    return value


Base64Secret = Annotated[SecretStr, AfterValidator(_is_base64)]
Origins = Annotated[Names, AfterValidator(_are_origins)]
Networks = Annotated[Names, AfterValidator(_are_networks)]
Peers = Annotated[Networks, AfterValidator(_are_named_peers)]
RtpPeers = Annotated[Networks, AfterValidator(_are_named_senders)]
PortRange = Annotated[str, AfterValidator(_is_range)]
PathPrefix = Annotated[str, AfterValidator(_is_root)]
PublicUrl = Annotated[str, AfterValidator(_is_address)]
Issuer = Annotated[str, AfterValidator(_is_https)]
Listeners = Annotated[Names, AfterValidator(_are_roles)]
ZoneName = Annotated[str, AfterValidator(_is_zone)]
Hosts = Annotated[Names, AfterValidator(_are_hosts)]
