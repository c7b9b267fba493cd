"""From sound to utterances: where speech begins and ends, what to recognise, what was said."""

from __future__ import annotations

from qa_engine.hearing.accounting import Account
from qa_engine.hearing.policy import EndpointPolicy, PartialPolicy

__all__ = ["Account", "EndpointPolicy", "PartialPolicy"]
