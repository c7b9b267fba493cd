"""`qa-engine serve`: the live server with its pages, and the people who may enter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.settings_load import in_force, load_settings
from phrasebook.messages import say
from qa_engine.errors import QAError

UNITS = {"s": 1, "m": 60}


def serve(
    host: Annotated[str | None, typer.Option(help="where to listen (default: loopback)")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535)] = None,
    model: Annotated[str | None, typer.Option(help="a model name or directory")] = None,
    hotwords: Annotated[
        str | None,
        typer.Option(help="names and terms to expect in every call, such as '尊享计划 犹豫期'"),
    ] = None,
    phrasebook: Annotated[Path | None, typer.Option(help="a phrasebook directory")] = None,
    store: Annotated[str | None, typer.Option(help="the calls' store: a file or URL")] = None,
    drain: Annotated[
        str | None, typer.Option(help="let calls end before a stop, such as 60s or 2m")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="print the settings in force and stop")
    ] = False,
) -> None:
    """Serve live calls: audio in over WebSocket; sidebar, board and inspectors' desk as pages.

    Everything else is set by QA_ENGINE_* variables or qa-engine.toml; options here win.
    """
    chosen: dict[str, Any] = {
        "host": host,
        "port": port,
        "model": model,
        "hotwords": hotwords,
        "phrasebook": phrasebook,
        "store": store,
    }
    chosen["drain_s"] = None if drain is None else seconds(drain)
    if check:
        _check(chosen)
        return
    from api.serving import (
        serve as run,
    )

    console = Console(highlight=False, soft_wrap=True)
    run(
        load_settings(**chosen),
        tell=lambda line: console.print(line, markup=False),
        secrets_too=console.is_terminal,
    )


def seconds(text: str) -> float:
    """`90`, `90s` or `2m`. Raises `QAError`."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "s")
    if not (number.isascii() and number.isdigit()):
        raise QAError(f"--drain: {text[:20]!r} is no time; expected such as 60s or 2m")
    return float(int(number) * UNITS[unit])


def _check(chosen: Mapping[str, Any]) -> None:
    """What is in force and from where; nothing is started."""
    found = load_settings(**chosen)
    table = Table(say("setting"), say("value"), say("from"), box=None)
    for one in in_force(found, **chosen):
        table.add_row(one.name, one.value, one.source)
    Console(highlight=False, width=160).print(table, markup=False)
