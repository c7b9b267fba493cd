"""The root of this house's errors.

    QAError
    ├── qa_engine.audio.errors.AudioError
    ├── api.auth.TokenRefused, SecretMissing
    └── api.live.refusals.Refused

A `str` of any of them is one sentence: what was found, what was expected, where, what to do. It
never quotes what a caller said.
"""

from __future__ import annotations


class QAError(Exception):
    """Catch this to catch whatever this package raises on purpose."""
