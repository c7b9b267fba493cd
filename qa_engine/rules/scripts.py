"""Which script a call is held to, and the steps of it."""

from __future__ import annotations

from collections.abc import Iterable

from phrasebook.model import Phrasebook, Script

__all__ = ["script_of", "steps_of"]


def script_of(phrasebook: Phrasebook, name: str) -> Script | None:
    """The script of that name, or the phrasebook's default; None: every step of the book counts."""
    wanted = name or phrasebook.default_script
    return next((script for script in phrasebook.scripts if script.id == wanted), None)


def steps_of(phrasebook: Phrasebook, script: Script | None) -> Iterable[str]:
    """Ids, in the script's order."""
    return script.steps if script else tuple(step.id for step in phrasebook.steps)
