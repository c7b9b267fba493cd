"""Tokens as they were before JSON Web Tokens: read for one release, minted no more.

base64url(payload) "." base64url(HMAC-SHA256(secret, payload))
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


def read_former(token: str, secret: str) -> dict[str, Any] | None:
    """What a former token says; None for what is none or was signed with another secret."""
    body, _, signature = token.partition(".")
    try:
        payload, signed = _decode(body), _decode(signature)
    except ValueError:
        return None
    if not hmac.compare_digest(hmac.new(secret.encode(), payload, hashlib.sha256).digest(), signed):
        return None
    try:
        claims = json.loads(payload)
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
