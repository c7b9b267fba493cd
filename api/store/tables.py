"""The tables, once for SQLite and PostgreSQL. Machine results and people's verdicts stand apart.

Times in a call are integer ms from its start; moments are UTC. `text` columns are redacted: each
personal digit is one `*`, so that every offset still holds. The words as heard are in `sealed`,
encrypted, and only where the site has a key.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Whoever adds tables of their own takes these from here, so that all are known.
from api.store.columns import UtcTime as UtcTime
from api.store.columns import call_key
from api.store.columns import metadata as metadata

phrasebooks = Table(
    "phrasebooks",
    metadata,
    Column("version", String(120), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("yaml", Text, nullable=False),
    Column("first_used_at", UtcTime, nullable=False),
)

audio = Table(
    "audio",
    metadata,
    Column("hash", String(80), primary_key=True),
    Column("location", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("kept_until", UtcTime),
)

agents = Table(
    "agents",
    metadata,
    Column("number", String(120), primary_key=True),
    Column("name", String(120), nullable=False, server_default=""),
    Column("team", String(120), nullable=False, server_default=""),
    Column("first_day", Date),
    Index("ix_agents_name", "name"),
)
"""Staff numbers and whose they are; several may have one name."""

calls = Table(
    "calls",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("origin", String(20), nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("audio_hash", String(80), nullable=False, server_default=""),
    Column("agent", String(120), nullable=False, server_default=""),
    Column("team", String(120), nullable=False, server_default=""),
    Column("customer", String(120), nullable=False, server_default=""),
    Column("direction", String(20), nullable=False, server_default=""),
    Column("script", String(80), nullable=False, server_default=""),
    Column("started_at", UtcTime, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("score", Float),
    Column("to_give", Float, nullable=False, server_default="0"),
    Column("passed", Boolean),
    Column("fatal", Boolean, nullable=False),
    Column("hit_count", Integer, nullable=False),
    Column("trigger_count", Integer, nullable=False, server_default="0"),
    Column("waiting_count", Integer, nullable=False, server_default="0"),
    Column("confidence", Float, nullable=False),
    Column("engine_version", String(40), nullable=False),
    Column("phrasebook_version", String(120), nullable=False),
    Column("model_version", String(120), nullable=False),
    Column("rest", JSON, nullable=False),
    Column("unjudgeable", String(30), nullable=False, server_default=""),
    Column("agent_name", String(120), nullable=False, server_default=""),
    Column("data", JSON, nullable=False, server_default="{}"),
    Column("customer_print", String(32), nullable=False, server_default=""),
    Index("ix_calls_agent_started", "agent", "started_at"),
    Index("ix_calls_started", "started_at"),
    Index("ix_calls_stored", "stored_at"),
    Index("ix_calls_audio", "audio_hash"),
    Index("ix_calls_customer_print", "customer_print"),
)
"""`agent` is a staff number, never a name; `agent_name` what was told where no number is known.

`hit_count`, `trigger_count` and `waiting_count` are 违规点, 客户触发 and 待复核点, as
`qa_engine.rules.tally` defines them.

`rest` holds what nobody searches by: facts, conduct, score items, warnings. `data` is what the
telephone system told of the call beyond the columns here, by the site's own headings, redacted.

`customer_print` is the keyed fingerprint of the customer's number (`api/store/number_key.py`);
empty where there was no number or no key when the call was filed.

`to_give` are points that a person has still to give: `score` is provisional, without them.
Without a `score` the call is not judgeable, for the reason in `unjudgeable`; with one but without
`passed` it waits for a person.
"""

utterances = Table(
    "utterances",
    metadata,
    call_key(),
    Column("n", Integer, primary_key=True),
    Column("role", String(10), nullable=False),
    Column("channel", Integer, nullable=False),
    Column("begin_ms", Integer, nullable=False),
    Column("end_ms", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("intelligible", Boolean, nullable=False),
    Column("words", JSON, nullable=False),
    Column("sealed", LargeBinary),
    Column("role_confidence", Float, nullable=False, server_default="1"),
    Column("folded", Text, nullable=False, server_default=""),
)
"""`folded` is the text as it is searched (`api/store/folding.py`)."""


def _hit_columns() -> list[Column[Any]]:
    return [
        call_key(),
        Column("id", String(160), primary_key=True),
        Column("rule", String(120), nullable=False),
        Column("source", String(20), nullable=False),
        Column("role", String(10), nullable=False),
        Column("utterance", Integer, nullable=False),
        Column("begin_char", Integer, nullable=False),
        Column("end_char", Integer, nullable=False),
        Column("begin_ms", Integer, nullable=False),
        Column("end_ms", Integer, nullable=False),
        Column("phrase", Text, nullable=False),
        Column("heard", Text, nullable=False),
        Column("tier", String(12), nullable=False),
        Column("score", Float, nullable=False),
        Column("confidence", Float, nullable=False),
        Column("severity", String(12), nullable=False),
        Column("fatal", Boolean, nullable=False),
        Column("needs_review", Boolean, nullable=False),
        Column("effect", String(12), nullable=False, server_default="counted"),
        Column("rest", JSON, nullable=False),
    ]


hits = Table("hits", metadata, *_hit_columns(), Index("ix_hits_rule", "rule"))
"""`effect`: counted, waiting or not_counted, as `qa_engine.rules.counting` says."""

held_back = Table("held_back", metadata, *_hit_columns(), Index("ix_held_back_rule", "rule"))
"""Candidates that were dropped: rows like those of `hits`, which no board counts."""

sources = Table(
    "sources",
    metadata,
    Column("path", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("hash", String(80), nullable=False),
    Column("judged_by", Text, nullable=False),
    Column("told", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("call_id", String(80), nullable=False, server_default=""),
    Column("at", UtcTime, nullable=False),
)
"""What became of each file of a batch: done, duplicate, failed or purged; a rerun goes by this.

`told` is the hash of what the manifest said of the file: another word there, and it is done again.
"""

steps = Table(
    "steps",
    metadata,
    call_key(),
    Column("step", String(120), primary_key=True),
    Column("source", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("at_ms", Integer),
    Column("deadline_ms", Integer),
    Column("rest", JSON, nullable=False),
    Column("effect", String(12), nullable=False, server_default="counted"),
    Index("ix_steps_step_state", "step", "state"),
)

breaches = Table(
    "breaches",
    metadata,
    call_key(),
    Column("name", String(60), primary_key=True),
)
"""Conduct checks that a call broke; the whole of its conduct stands in `calls.rest`."""

answers = Table(
    "answers",
    metadata,
    call_key(),
    Column("item", String(120), primary_key=True),
    Column("n", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("rest", JSON, nullable=False),
    Index("ix_answers_state", "state"),
)
"""What a language model answered to the phrasebook's questions; `waiting`: nothing yet."""

asked = Table(
    "asked",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("call_id", String(80), nullable=False),
    Column("item", String(120), nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_asked_call", "call_id"),
)
"""Answers as they came, so that nothing is paid for twice; `key` is the hash of all they hang on.

They go with their call.
"""

spending = Table(
    "spending",
    metadata,
    Column("day", Date, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("cost", Float, nullable=False),
)
"""What language models were given a day, by the site's own clock; what runs counts as estimated."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("hit_id", String(160), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("utterance", Integer, nullable=False),
    Column("begin_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("right", Boolean, nullable=False),
    Column("missed", Boolean, nullable=False),
    Column("by", String(120), nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("at", UtcTime, nullable=False),
    Index("ix_verdicts_hit", "call_id", "hit_id"),
    Index("ix_verdicts_rule", "rule"),
)
"""What people said of a place in a call: a hit that is right or not, or words that were `missed`.

The place stands here, not only the hit's id, because hits come and go with phrasebooks. The last
verdict of a hit counts, the ones before stay readable.
"""

audit = Table(
    "audit",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("link", String(64), nullable=False),
    UniqueConstraint("link"),
    Index("ix_audit_who", "who", "n"),
    Index("ix_audit_subject", "subject", "n"),
    Index("ix_audit_action", "action", "n"),
)
"""Append-only: `link` is the hash of this row and the link before it; triggers refuse changes."""
