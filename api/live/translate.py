"""The engine's events as messages: field by field, no judgement."""

from __future__ import annotations

from dataclasses import asdict, fields
from enum import Enum
from typing import Any

from api.live import message_parts, messages
from qa_engine.events import (
    ConductNoticed,
    Hit,
    HitChanged,
    HitPart,
    StepChanged,
    Utterance,
    UtteranceHeard,
)
from qa_engine.rules.counting import standing_of_hit

_ROUNDED = frozenset({"score", "confidence", "role_confidence"})
_OF_HIT = {f.name for f in fields(Hit)} & set(message_parts.Hit.model_fields) - {"parts"}
"""What a message takes over from a hit, as it is or rounded to three decimals."""


def utterance_told(call_id: str, event: UtteranceHeard) -> messages.UtteranceTold:
    said = event.utterance
    return messages.UtteranceTold.model_construct(
        call_id=call_id,
        at_ms=event.at_ms,
        utterance=message_parts.Utterance.model_construct(
            id=said.id,
            role=said.role.value,
            channel=said.channel,
            begin_ms=said.begin_ms,
            end_ms=said.end_ms,
            text=said.text,
            stable_chars=said.stable_chars,
            is_final=said.is_final,
            revision=said.revision,
            confidence=round(said.confidence, 3),
            intelligible=said.intelligible,
            level_dbfs=said.level_dbfs,
            role_confidence=round(said.role_confidence, 3),
            sent_ms=said.sent_ms,
            words=_words(said) if said.is_final else None,
            contour=_contour(said),
            emotion=said.emotion,
            event=said.event,
        ),
    )


def _words(said: Utterance) -> tuple[message_parts.Word, ...]:
    return tuple(
        message_parts.Word.model_construct(
            text=word.text,
            begin_ms=word.begin_ms,
            end_ms=word.end_ms,
            confidence=round(word.confidence, 3),
        )
        for word in said.words
    )


def _contour(said: Utterance) -> message_parts.Contour | None:
    return message_parts.Contour.model_construct(**asdict(said.contour)) if said.contour else None


def hit_told(call_id: str, event: HitChanged) -> messages.HitTold:
    return messages.HitTold.model_construct(
        call_id=call_id,
        at_ms=event.at_ms,
        state=event.state.value,
        amended=event.amended,
        hit=_hit(event.hit),
    )


def _hit(hit: Hit) -> message_parts.Hit:
    standing = standing_of_hit(hit)
    return message_parts.Hit.model_construct(
        **{name: _wire(name, getattr(hit, name)) for name in _OF_HIT},
        parts=tuple(_part(part) for part in hit.parts),
        effect=standing.effect.value,
        effect_reason=standing.reason.value,
    )


def _wire(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return round(value, 3) if name in _ROUNDED else value


def _part(part: HitPart) -> message_parts.HitPart:
    return message_parts.HitPart.model_construct(**asdict(part))


def step_told(call_id: str, event: StepChanged, title: str) -> messages.StepTold:
    return messages.StepTold(
        call_id=call_id,
        at_ms=event.at_ms,
        step=event.step,
        title=title,
        state=event.state.value,
        source=event.source,
        deadline_ms=event.deadline_ms,
        utterance=event.utterance,
        unheard=event.unheard,
    )


def conduct_told(call_id: str, event: ConductNoticed) -> messages.ConductTold:
    return messages.ConductTold(
        call_id=call_id,
        at_ms=event.at_ms,
        check=event.check,
        role=event.role.value if event.role else None,
        value=round(event.value, 2),
        limit=event.limit,
        begin_ms=event.begin_ms,
        end_ms=event.end_ms,
    )
