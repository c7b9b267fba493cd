"""Personal numbers in a transcript: found however they were spoken, and covered."""

from qa_engine.privacy.redact import MASKS, Finding, Kind, find, mask, redact

__all__ = ["MASKS", "Finding", "Kind", "find", "mask", "redact"]
