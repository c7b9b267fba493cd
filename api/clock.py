"""The site's clock on the wall. Moments are kept as UTC; people read and type the site's time.

The zone is `QA_ENGINE_TIMEZONE`, or `timezone` of the settings file: an IANA name. Without one it
is Asia/Shanghai where Chinese is spoken, else this machine's.
"""

from __future__ import annotations

import os
import tomllib
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from api.settings import CONFIG, DEFAULT_CONFIG
from api.settings_values import named_zone
from phrasebook.messages import CHINESE, language
from qa_engine.errors import QAError

VARIABLE = "QA_ENGINE_TIMEZONE"
_AT_HOME = "Asia/Shanghai"


class ClockError(QAError):
    """The zone that is set is none."""


def zone() -> ZoneInfo | None:
    """The site's zone; None: this machine's own. Raises ClockError."""
    path = Path(os.environ.get(CONFIG, DEFAULT_CONFIG)).absolute()
    told = os.environ.get(VARIABLE, "") or _in_file(path)
    if told:
        try:
            return named_zone(told)
        except ValueError as error:
            raise ClockError(f"{VARIABLE}: {error}") from None
    return named_zone(_AT_HOME) if language() == CHINESE else None


def zone_name() -> str:
    """As people know it: Asia/Shanghai; of a machine's own zone what it says of itself."""
    found = zone()
    if found is not None:
        return found.key
    offset = datetime.now().astimezone().strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def local(moment: datetime) -> datetime:
    """A moment on the site's clock; one without a zone was read from that clock."""
    if moment.tzinfo is None:
        return at(moment)
    return moment.astimezone(zone())


def at(told: datetime) -> datetime:
    """What the clock on the wall said, as a moment."""
    found: tzinfo | None = zone()
    return told.astimezone() if found is None else told.replace(tzinfo=found)


def stamp(moment: datetime | None) -> str:
    """2026-11-21 09:30; empty for no moment."""
    return local(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def cell(moment: datetime) -> datetime:
    """To the minute and without its zone, as spreadsheets want it; the zone stands beside it."""
    return local(moment).replace(second=0, microsecond=0, tzinfo=None)


@lru_cache(4)
def _in_file(path: Path) -> str:
    """What the settings file says; a file that cannot be read is the settings' own affair."""
    try:
        return str(tomllib.loads(path.read_text("utf-8")).get("timezone", ""))
    except (OSError, ValueError):
        return ""
