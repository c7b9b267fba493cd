"""The root of this house's errors.

    QAError
    ├── qa_engine.audio.errors.AudioError      a recording that cannot be read
    ├── api.transcripts.errors.TranscriptError a text result that cannot be read
    ├── api.store.errors.StoreError            a database that is not there, or not ours
    ├── api.review.errors.ReviewError          what a person may not do, or did too late
    ├── api.auth.TokenRefused, SecretMissing
    └── api.live.refusals.Refused              with a close code and an HTTP status

Two rooms lie below this one and cannot know it, so theirs stand apart; the command line and the
server catch them beside it: `phrasebook.errors.PhrasebookErrors` (every mistake of a pack at once)
and `models.errors.ModelError` (weights that are unknown, incomplete, damaged or cannot be fetched).

A `str` of any of them is one sentence: what was found, what was expected, where, what to do. It
never quotes what a caller said.
"""

from __future__ import annotations


class QAError(Exception):
    """Catch this to catch whatever this package raises on purpose."""
