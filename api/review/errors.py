"""What can go wrong at the desk, each in one sentence with the status a browser is told.

QAError
└── ReviewError         400: what was asked for cannot be done
    ├── NotAllowed      403: not by this person
    ├── NotThere        404: nothing of that name, or nothing this person may know of
    ├── Taken           409: somebody else works on it, or it is already decided
    └── Stale           409: saved over an older revision than the one kept
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qa_engine.errors import QAError


class ReviewError(QAError):
    """`key` names the sentence in the pages' catalogues, `fill` what stands in it."""

    status = 400

    def __init__(self, message: str, *, key: str = "bad", **fill: object) -> None:
        super().__init__(message)
        self.key = key
        self.fill = fill


class NotAllowed(ReviewError):
    status = 403


class NotThere(ReviewError):
    status = 404


class Taken(ReviewError):
    status = 409


class Stale(ReviewError):
    """`more` may hold what is kept, for a page to show beside what it has."""

    status = 409
    more: Mapping[str, Any] = MappingProxyType({})
