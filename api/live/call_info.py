"""What is known of a call before its first sound: who calls whom, and what the phrasebook asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from api.live.message_parts import ScriptStep
from qa_engine.dialogue import Basis
from qa_engine.events import Role

HeardWhen = Literal["live", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """What is known of a call when it begins."""

    call_id: str
    roles: tuple[Role, ...]
    roles_known: bool = True
    """False: both speakers share the one channel, and nobody said otherwise."""
    began_at: str
    agent: str = ""
    script: str = ""
    hotwords: str = ""
    """Names and terms that the recogniser should expect in this call."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    basis: Basis = Basis.SOUND
    """What the call comes as; anything but sound is text that somebody else wrote down."""
    rules: str = ""
    """The phrasebook's version that the call began with, where it goes on; empty: a new call."""
    judge: str = ""
    """The judge's, likewise."""
    hearing: HeardWhen = "live"
    """`later`: its sound is kept, for the recogniser has no time for it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """What the messages need of a phrasebook: titles and sentences by id."""

    script: str
    script_title: str
    steps: tuple[ScriptStep, ...]
    titles: Mapping[str, str]
    says: Mapping[str, tuple[str, ...]]
    step_severity: Mapping[str, str]
    versions: Mapping[str, str]
    synthetic_model: bool
    takes_hotwords: bool = True
