"""Whether an AudioHook connection is signed with the integration's secret: HTTP Message Signatures.

    Signature-Input: sig1=("@request-target" "@authority" …);keyid="…";nonce="…";alg="hmac-sha256";
                     created=…;expires=…
    Signature:       sig1=:<base64 of HMAC-SHA256>:

Draft 11 of what became RFC 9421, as Genesys uses it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.live.refusals import Refused, Why

API_KEY = "x-api-key"
COVERED = (
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    API_KEY,
)
"""What must be signed: nothing of it can be another connection's."""
SKEW_S = 10
MOST_LIFE_S = 120
LEAST_NONCE = 22
_INPUT = re.compile(
    r'\s*([A-Za-z*][\w.*-]*)=(\(((?:\s*"[^"\\]*")*)\s*\)((?:;[a-z]+=(?:"[^"\\]*"|\d{1,15}))*))\s*'
)
_SIGNATURE = re.compile(r"\s*([A-Za-z*][\w.*-]*)=:([A-Za-z0-9+/=]*):\s*")
_PARAMETER = re.compile(r';([a-z]+)=(?:"([^"\\]*)"|(\d{1,15}))')


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds. `nonce`: good for one connection."""

    nonce: str
    expires_s: int


def verified(connection: HTTPConnection, *, secret: bytes, public_url: str, now_s: float) -> Signed:
    """`public_url`: how Genesys dials us, where a proxy changes the Host. Raises `Refused`."""
    headers = connection.headers
    declared = _INPUT.fullmatch(headers.get("signature-input", ""))
    shown = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if declared is None or shown is None or declared[1] != shown[1]:
        raise _refused("Signature and Signature-Input are not there, or not as Genesys writes them")
    names = re.findall(r'"([^"\\]*)"', declared[3])
    parameters = {name: text or number for name, text, number in _PARAMETER.findall(declared[4])}
    if missing := [name for name in COVERED if name not in names]:
        raise _refused(f"{missing[0]} is not signed")
    if len(set(names)) != len(names):
        raise _refused("a component is signed twice")
    nonce = parameters.get("nonce", "")
    if parameters.get("alg", "hmac-sha256") != "hmac-sha256" or len(nonce) < LEAST_NONCE:
        raise _refused(f"expected alg hmac-sha256 and a nonce of {LEAST_NONCE} characters or more")
    expires_s = _in_time(parameters, now_s)
    mine = {
        hmac.new(secret, base.encode("latin-1"), hashlib.sha256).digest()
        for base in _bases(connection, names, declared[2], public_url)
    }
    try:
        signature = base64.b64decode(shown[2], validate=True)
    except binascii.Error:
        raise _refused("Signature is not base64") from None
    if not any(hmac.compare_digest(one, signature) for one in mine):
        raise _refused(
            "the signature does not fit: QA_ENGINE_AUDIOHOOK_SECRET is another integration's, or "
            "QA_ENGINE_PUBLIC_URL is not how Genesys reaches this server"
        )
    return Signed(nonce, expires_s)


def signature_headers(
    headers: Mapping[str, str],
    *,
    target: str,
    authority: str,
    secret: bytes,
    nonce: str,
    created_s: int,
) -> dict[str, str]:
    """What Genesys would send beside `headers`, for `doors try`."""
    values = {name.lower(): value for name, value in headers.items()}
    values |= {"@request-target": target, "@authority": authority}
    covered = " ".join(f'"{name}"' for name in COVERED)
    parameters = (
        f'({covered});keyid="{values[API_KEY]}";nonce="{nonce}";alg="hmac-sha256"'
        f";created={created_s};expires={created_s + 30}"
    )
    base = _base([(name, values[name]) for name in COVERED], parameters)
    digest = hmac.new(secret, base.encode("latin-1"), hashlib.sha256).digest()
    return {
        "Signature-Input": f"sig1={parameters}",
        "Signature": f"sig1=:{base64.b64encode(digest).decode()}:",
    }


def _in_time(parameters: Mapping[str, str], now_s: float) -> int:
    """When it expires, Unix time. Raises `Refused`."""
    try:
        created_s, expires_s = int(parameters["created"]), int(parameters["expires"])
    except (KeyError, ValueError):
        raise _refused("created and expires are not signed") from None
    if created_s > now_s + SKEW_S or not 0 <= expires_s - created_s <= MOST_LIFE_S:
        raise _refused("the signature is of the future: set the clocks right")
    if expires_s + SKEW_S < now_s:
        raise _refused("the signature has expired: set the clocks right")
    return expires_s


def _bases(
    connection: HTTPConnection, names: list[str], parameters: str, public_url: str
) -> Iterator[str]:
    """What may have been signed, by each name that this server may have been dialled by."""
    path = connection.scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
    query = connection.scope.get("query_string", b"").decode("latin-1")
    hosts = {connection.headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()}
    for host in sorted(hosts - {""}):
        values = {
            "@request-target": path + (f"?{query}" if query else ""),
            "@authority": re.sub(r":(80|443)$", "", host),
        }
        values |= {name: connection.headers.get(name, "") for name in names if name[0:1] != "@"}
        if all(name in values for name in names):
            yield _base([(name, values[name]) for name in names], parameters)


def _base(components: list[tuple[str, str]], parameters: str) -> str:
    lines = [f'"{name}": {value.strip()}' for name, value in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}'])


def _refused(why: str) -> Refused:
    return Refused(Why.TOKEN, why)
