"""One recording of a batch and what is told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from api.batch import bucket
from api.batch.bucket import ListedObject
from api.batch.names import shown
from qa_engine.errors import QAError
from qa_engine.events import Role

__all__ = ["Source", "SourceError"]


class SourceError(QAError):
    """The source of a batch cannot be used at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One recording and what its manifest says of it; `roles` names its channels in order."""

    path: Path
    """Where it lies; of an object in a store, where it lies while it is judged."""
    url: str = ""
    listed: ListedObject | None = None
    """What the object store told when it was listed."""
    agent: str = ""
    """The staff number, or a name where nothing else is told."""
    agent_name: str = ""
    team: str = ""
    customer: str = ""
    direction: str = ""
    started_at: datetime | None = None
    script: str = ""
    roles: tuple[Role, ...] | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    """The call's own data: every further column by its heading, as typed."""

    @property
    def name(self) -> str:
        """What it is known by, on one line."""
        return shown(self.url or self.path)

    @property
    def file_name(self) -> str:
        return shown(self.url.rsplit("/", 1)[-1] if self.url else self.path.name)

    def seen(self) -> ListedObject:
        """Its size and time as they are now. Raises OSError, BucketError."""
        if self.url:
            return self.listed or bucket.look(self.url)
        stat = self.path.stat()
        return ListedObject(stat.st_size, stat.st_mtime_ns)

    @property
    def told(self) -> str:
        """A hash of everything but the path."""
        parts = (self.agent, self.team, self.customer, self.direction, self.script)
        when = self.started_at.isoformat() if self.started_at else ""
        further = [part for pair in sorted(self.data.items()) for part in pair]
        # What was never told leaves no trace, so that what was judged before stays judged.
        more = (*([f"name={self.agent_name}"] if self.agent_name else []), *further)
        text = "\x1f".join((*parts, when, *(self.roles or ()), *more))
        return hashlib.sha256(text.encode()).hexdigest()
