"""The command line: `qa-engine COMMAND`. One file a command; `app.py` wires them together."""

from __future__ import annotations

import gc

OBJECTS_BEFORE_A_LOOK = 20_000
"""Loading a phrasebook makes half a million objects that stay: to look through them after every
seven hundred, as Python does, was a tenth of the time that a command takes to begin."""


def main() -> None:
    """Entry point of the console script; a known error is one sentence and exit code 2."""
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK, 20, 20)
    from api.cli.app import run

    raise SystemExit(run())
