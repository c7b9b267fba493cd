"""What is told of a transcript that cannot be read. A caller's words are never quoted."""

from __future__ import annotations

from qa_engine.errors import QAError

__all__ = ["TranscriptError"]


class TranscriptError(QAError):
    """A transcript that is none, or whose speakers nobody can tell apart."""
