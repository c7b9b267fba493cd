"""Words as heard, for those who hold the key: Fernet (AES-CBC + HMAC) over the unredacted text.

Without a key nothing is sealed, and what was redacted is gone for good.
"""

from __future__ import annotations

import os

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.store.errors import StoreError

KEY_VARIABLE = "QA_ENGINE_REVEAL_KEY"


class Seal:
    """Seals and reveals. Several keys, separated by commas: the first seals, all reveal."""

    def __init__(self, keys: str) -> None:
        try:
            self._keys = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise StoreError(
                f"{KEY_VARIABLE}: not a key; expected 32 bytes in URL-safe base64, as "
                "`qa-engine store new-key` prints"
            ) from None

    @classmethod
    def from_environment(cls) -> Seal | None:
        """The site's seal, or None where it has no key."""
        keys = os.environ.get(KEY_VARIABLE, "")
        return cls(keys) if keys else None

    def seal(self, text: str) -> bytes:
        """Encrypted, for `reveal` with the same key."""
        return self._keys.encrypt(text.encode())

    def reveal(self, sealed: bytes) -> str:
        """Raises StoreError when sealed with another key."""
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken:
            raise StoreError(
                f"{KEY_VARIABLE}: these words were sealed with another key; add the old key "
                "after a comma"
            ) from None


def new_key() -> str:
    return Fernet.generate_key().decode()
