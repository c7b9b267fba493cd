"""A customer's number as a keyed fingerprint, so that a person can be found who is kept covered.

The number itself is covered wherever it is kept. With `QA_ENGINE_NUMBER_KEY` a call carries the
HMAC-SHA256 (RFC 2104) of its customer's number; who does not hold the key cannot try numbers out.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import unicodedata

from api.store.errors import StoreError
from qa_engine.privacy import mask

__all__ = ["KEY_VARIABLE", "NumberKey", "is_number", "normalised"]

KEY_VARIABLE = "QA_ENGINE_NUMBER_KEY"
_BYTES = 32
_HEX = 32
"""Kept of a fingerprint: 128 bits tell all numbers of the world apart."""
_ABROAD_DIGITS = 12
"""From so many digits on, 86 is the country: +86 10 62345678."""
_MOST_DIGITS = 17
"""15 (ITU-T E.164) behind 00."""
_SEPARATORS = re.compile(r"[\s+\-()（）.·]")
_RUN = re.compile(r"\d{5,}")
_MOBILE = re.compile(r"1[3-9]\d{9}")


class NumberKey:
    """Makes fingerprints. Several keys, separated by commas: the first makes, all find."""

    def __init__(self, keys: str) -> None:
        self._keys = [_key(key.strip()) for key in keys.split(",")]

    @classmethod
    def from_environment(cls) -> NumberKey | None:
        """The site's key, or None where it has none. Raises StoreError."""
        keys = os.environ.get(KEY_VARIABLE, "")
        return cls(keys) if keys else None

    def fingerprint(self, number: str) -> str:
        """Hex digits; empty where there is no number in it."""
        return next(iter(self.fingerprints(number)), "")

    def fingerprints(self, number: str) -> list[str]:
        """By every key, that of today's first."""
        digits = normalised(number)
        if not digits:
            return []
        return [hmac.digest(key, digits.encode(), "sha256").hex()[:_HEX] for key in self._keys]


def is_number(customer: str) -> bool:
    """Whether what names a customer is a number, which is kept covered, and not the site's id."""
    return mask(customer) != customer


def normalised(number: str) -> str:
    """The digits of a telephone number, the same however it is written; empty without one.

    +86 138-0013-8000, 0086 13800138000, 013800138000 and １３８００１３８０００ are one number.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number))
    found = _RUN.findall(plain)
    if len(found) != 1 or len(found[0]) > _MOST_DIGITS or "@" in plain:
        # Two numbers, or an address with digits in it, are nobody's number.
        return ""
    digits = str(found[0])
    for prefix in ("0086", "86", "0"):
        rest = digits.removeprefix(prefix)
        if rest != digits and _MOBILE.fullmatch(rest):
            return rest
    if digits.startswith("0086"):
        digits = digits.removeprefix("00")
    if digits.startswith("86") and len(digits) >= _ABROAD_DIGITS:
        digits = digits.removeprefix("86")
        digits = digits if digits.startswith("0") else f"0{digits}"
    return digits


def _key(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _BYTES:
        raise StoreError(
            f"{KEY_VARIABLE}: not a key; expected 32 bytes in URL-safe base64, as "
            "`qa-engine store new-key` prints"
        )
    return key
