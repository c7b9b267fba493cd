"""Why the server says no, as a WebSocket close code and an HTTP status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qa_engine.errors import QAError


# Compared by identity: reasons that share their codes must not become one.
@dataclass(frozen=True, slots=True, eq=False)
class _Codes:
    close: int
    status: int


class Why(Enum):
    """The `code` of a refusal; close codes 44xx mirror HTTP's 4xx."""

    BAD_REQUEST = _Codes(4400, 400)
    NO_TOKEN = _Codes(4401, 401)
    TOKEN = _Codes(4403, 403)
    ORIGIN = _Codes(4403, 403)
    UNKNOWN_CALL = _Codes(4404, 404)
    BUSY_CALL = _Codes(4409, 409)
    TOO_MUCH = _Codes(4429, 429)
    TOO_SLOW = _Codes(4408, 408)
    TOO_BIG = _Codes(1009, 413)
    OVERLOADED = _Codes(1013, 503)
    FAILED = _Codes(1011, 500)


class Refused(QAError):
    """Carries `why` and the sentence for whoever was refused."""

    def __init__(self, why: Why, reason: str) -> None:
        super().__init__(reason)
        self.why = why
        self.reason = reason

    @property
    def code(self) -> str:
        """As the protocol names it."""
        return self.why.name.lower()
