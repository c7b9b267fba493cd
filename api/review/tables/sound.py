"""Pictures of the sound."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
)

from api.store.tables import metadata

waves = Table(
    "waves",
    metadata,
    Column("audio_hash", String(80), primary_key=True),
    Column("bucket_ms", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("low", LargeBinary, nullable=False),
    Column("high", LargeBinary, nullable=False),
)
