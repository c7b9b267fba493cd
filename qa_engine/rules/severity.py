"""What a finding costs of its item where the phrasebook names no points."""

from __future__ import annotations

from collections.abc import Mapping

from phrasebook.model import Severity

__all__ = ["SEVERITY_SHARE"]

SEVERITY_SHARE: Mapping[Severity, float] = {
    Severity.LOW: 0.1,
    Severity.MEDIUM: 0.25,
    Severity.HIGH: 0.5,
    Severity.CRITICAL: 1.0,
}
