"""Personal numbers in a transcript: found however they were spoken, and covered."""

from qa_engine.privacy.conversation import Line, find_in_lines, mask_lines
from qa_engine.privacy.redact import MASKS, Finding, Kind, find, mask, mask_name, redact

__all__ = [
    "MASKS",
    "Finding",
    "Kind",
    "Line",
    "find",
    "find_in_lines",
    "mask",
    "mask_lines",
    "mask_name",
    "redact",
]
