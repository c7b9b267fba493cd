"""`qa-engine serve`: the live server with its pages, and the people who may enter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from api.settings import Settings
from qa_engine.errors import QAError


def serve(
    host: Annotated[str | None, typer.Option(help="where to listen (default: loopback)")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535)] = None,
    model: Annotated[str | None, typer.Option(help="a model name or directory")] = None,
    phrasebook: Annotated[Path | None, typer.Option(help="a phrasebook directory")] = None,
    store: Annotated[str | None, typer.Option(help="the calls' store: a file or URL")] = None,
) -> None:
    """Serve live calls: audio in over WebSocket; sidebar, board and inspectors' desk as pages.

    Everything else is set by QA_ENGINE_* variables or qa-engine.toml; options here win.
    """
    from api.server import serve as run

    console = Console(highlight=False, soft_wrap=True)
    chosen = {"host": host, "port": port, "model": model, "phrasebook": phrasebook, "store": store}
    run(settings(**chosen), tell=lambda line: console.print(line, markup=False))


def settings(**chosen: object) -> Settings:
    """The site's settings with these options over them. Raises QAError that names each mistake."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        mistakes = [
            f"settings: {'.'.join(map(str, row['loc']))}: {row['msg'].lower()}"
            for row in error.errors(include_input=False)
        ]
        raise QAError("\n".join(mistakes)) from None
