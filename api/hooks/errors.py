"""What can be wrong with a hook's address."""

from __future__ import annotations

from qa_engine.errors import QAError


class HookError(QAError):
    """An address that is none; never quoted, it may hold a secret."""
