"""`qa-engine analyze`: recordings in; a table on the terminal, JSON and HTML reports out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.outputs import STDOUT, OutputError, check_writable, write_text
from api.cli.progress import progress
from qa_engine.errors import QAError
from qa_engine.events import Role

JsonOut = Annotated[Path | None, typer.Option("--json", help="JSON report, - for stdout")]
ROLE_NAMES = {
    "agent": Role.AGENT,
    "坐席": Role.AGENT,
    "customer": Role.CUSTOMER,
    "客户": Role.CUSTOMER,
}
HtmlOut = Annotated[Path | None, typer.Option("--html", help="one self-contained HTML page")]


def analyze(
    audio: Annotated[list[Path], typer.Argument(help="recordings: anything PyAV reads")],
    phrasebook: Annotated[Path | None, typer.Option(help="a phrasebook directory")] = None,
    script: Annotated[str | None, typer.Option(help="the script the call must follow")] = None,
    model: Annotated[str | None, typer.Option(help="a model name or directory")] = None,
    roles: Annotated[
        str | None, typer.Option(help="who is on which channel, such as agent,customer")
    ] = None,
    json: JsonOut = None,
    html: ROLE_NAMES = {
    "agent": Role.AGENT,
    "坐席": Role.AGENT,
    "customer": Role.CUSTOMER,
    "客户": Role.CUSTOMER,
}
HtmlOut = None,
) -> None:
    """Hear recordings, find what must not be said, check the steps, and score the call.

    With several recordings --json and --html name directories, and `--json -` writes JSON lines.
    """
    from api.analyzer import Analyzer

    console = Console(stderr=json == STDOUT)
    channel_roles = parse_roles(roles)
    many = len(audio) > 1
    targets = [(path, target(json, path, ".json", many), target(html, path, ".html", many))
               for path in audio]
    for _, json_path, html_path in targets:
        check_writable(json_path)
        check_writable(html_path)
    analyzer = Analyzer(phrasebook=phrasebook, model=model)
    analyzer.check_script(script)
    for path, json_path, html_path in targets:
        with progress(path.name, console) as watch:
            report = analyzer.analyze(path, script=script, roles=channel_roles, progress=watch)
        if json_path:
            write_text(json_path, [report.to_json(indent=None if many else 2), "\n"])
        if html_path:
            write_text(html_path, [report.to_html(path)])
        console.print(report.table())


def parse_roles(text: str | None) -> tuple[Role, ...] | None:
    """`agent,customer` (or 坐席,客户) as roles of channels 0, 1. Raises QAError."""
    if text is None:
        return None
    found = [ROLE_NAMES.get(part.strip().lower()) for part in text.replace("，", ",").split(",")]
    roles = tuple(role for role in found if role)
    if len(roles) != len(found) or len(roles) > 2 or len(set(roles)) != len(roles):
        raise QAError(
            "--roles: expected agent,customer or customer,agent (or one of them for mono audio)"
        )
    return roles


def target(asked: Path | None, audio: Path, suffix: str, many: bool) -> Path | None:
    """Where the result of one recording goes: the path asked for, or a file in that directory."""
    if asked is None or asked == STDOUT or not many:
        return asked
    try:
        asked.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(asked, (error.strerror or "not a folder").lower()) from None
    return asked / f"{audio.stem}{suffix}"
