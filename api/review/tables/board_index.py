"""Indexes over the calls' tables that the boards read instead of the calls."""

from __future__ import annotations

from sqlalchemy import Index

from api.store.tables import calls, hits, steps

# All that a board adds up, so that it need not read the calls themselves.
Index(
    "ix_calls_board",
    calls.c.started_at,
    calls.c.agent,
    calls.c.agent_name,
    calls.c.team,
    calls.c.id,
    calls.c.score,
    calls.c.passed,
    calls.c.fatal,
    calls.c.hit_count,
    calls.c.waiting_count,
    calls.c.to_give,
)
Index("ix_hits_call_rule", hits.c.call_id, hits.c.rule)
Index("ix_steps_call_state", steps.c.call_id, steps.c.state, steps.c.step, steps.c.effect)
