"""What a sentence means that no pattern found in it: for inspectors, once the call is over."""

from __future__ import annotations

from phrasebook.model import Audience
from qa_engine.deciding.decided import Meant, Reason
from qa_engine.events import Decision, Hit, Tier, Utterance

__all__ = ["meaning_hit"]


def meaning_hit(meant: Meant, utterance: Utterance) -> Hit:
    """The finding as it is told: the whole utterance, and the known breach nearest to it."""
    entry = meant.entry
    return Hit(
        id=f"m-{utterance.id}-{entry.id}",
        rule=entry.id,
        source=entry.source,
        phrase=meant.nearest,
        role=utterance.role,
        utterance=utterance.id,
        begin_char=0,
        end_char=len(utterance.text),
        begin_ms=utterance.begin_ms,
        end_ms=utterance.end_ms,
        heard=utterance.text,
        quote=utterance.text,
        tier=Tier.MEANING,
        score=round(meant.likely, 3),
        why=meant.reason_zh,
        suggest=entry.suggest,
        coach=entry.coach,
        severity=entry.severity.value,
        audience=Audience.REVIEW.value,
        kind=entry.kind.value,
        fatal=entry.fatal,
        confidence=round(utterance.confidence, 3),
        role_confidence=utterance.role_confidence,
        decision=Decision.DOUBTFUL,
        certainty=round(meant.likely, 3),
        reason=Reason.MEANING.value,
        reason_zh=meant.reason_zh,
    )
