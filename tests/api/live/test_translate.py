"""A message says of a hit what the engine said of it, field by field."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from enum import Enum

from api.live import message_parts
from api.live.translate import hit_told
from qa_engine.events import Decision, Hit, HitChanged, HitState, Role, Tier
from qa_engine.rules.counting import standing_of_hit

NOT_TOLD = {"certainty"}
"""What stays with the report."""
HIT = Hit(
    id="h1",
    rule="dont-know",
    source="S1.1",
    phrase="我不知道",
    role=Role.AGENT,
    utterance=3,
    begin_char=1,
    end_char=5,
    begin_ms=1_200,
    end_ms=1_900,
    heard="我不之道",
    quote="那我不之道",
    tier=Tier.HOMOPHONE,
    score=0.98765,
    why="之=知",
    suggest=("让我帮您查询一下",),
    coach="查了再答",
    severity="high",
    audience="agent",
    kind="forbidden",
    fatal=False,
    confidence=0.87654,
    role_confidence=0.76543,
    decision=Decision.DOUBTFUL,
    certainty=0.5,
    reason="said_by_customer",
    reason_zh="像是在复述",
)
ROUNDED = {"score": 0.988, "confidence": 0.877, "role_confidence": 0.765}


def test_every_field_of_a_hit_is_told_as_it_is_but_for_the_decimals_of_shares() -> None:
    event = HitChanged(at_ms=2_000, state=HitState.PROVISIONAL, hit=HIT)
    told = json.loads(hit_told("c-1", event).hit.wire())

    for field in fields(Hit):
        if field.name in NOT_TOLD | {"parts"}:
            continue
        value = ROUNDED.get(field.name, getattr(HIT, field.name))
        plain = value.value if isinstance(value, Enum) else value
        assert told[field.name] == (list(plain) if isinstance(plain, tuple) else plain)
    assert told["parts"] == [asdict(part) for part in HIT.parts]
    standing = standing_of_hit(HIT)
    assert (told["effect"], told["effect_reason"]) == (standing.effect, standing.reason)


def test_a_field_that_a_hit_gets_is_told_or_named_as_untold() -> None:
    of_hit = {field.name for field in fields(Hit)}

    assert of_hit - set(message_parts.Hit.model_fields) == NOT_TOLD
