"""What a person or a program reads of one call: JSON (`Report`), one page (`html`), a `table`."""

from qa_engine.report.build import build_report, compose
from qa_engine.report.model import (
    CallFacts,
    ChannelAccount,
    ChannelRole,
    Report,
    ReportWarning,
)
from qa_engine.report.redacted import redacted

__all__ = [
    "CallFacts",
    "ChannelAccount",
    "ChannelRole",
    "Report",
    "ReportWarning",
    "build_report",
    "compose",
    "redacted",
]
