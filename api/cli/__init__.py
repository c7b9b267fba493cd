"""The command line: `qa-engine COMMAND`. One file a command; `app.py` wires them together."""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script; a known error is one sentence and exit code 2."""
    from api.cli.app import run

    raise SystemExit(run())
