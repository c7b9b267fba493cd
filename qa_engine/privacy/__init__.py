"""Personal numbers in a transcript: found however they were spoken, and covered."""

from qa_engine.privacy.conversation import ConversationLine, find_in_lines, mask_lines
from qa_engine.privacy.redact import MASKS, DataKind, PersonalData, find, mask, mask_name, redact

__all__ = [
    "MASKS",
    "ConversationLine",
    "DataKind",
    "PersonalData",
    "find",
    "find_in_lines",
    "mask",
    "mask_lines",
    "mask_name",
    "redact",
]
