"""`qa-engine voices`: the site's list of known voices, recordings that it plays and its agents'."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from phrasebook.messages import say
from qa_engine.errors import QAError

app = typer.Typer(
    help="录音提示与坐席声音的名单。Recordings that are played, voices that are known.",
    no_args_is_help=True,
)
Listed = Annotated[Path, typer.Argument(help="the list, such as voices.json")]


@app.command("learn")
def learn(
    source: Annotated[str, typer.Argument(help="a store's file or URL; or a folder of recordings")],
    to: Listed,
    calls: Annotated[int, typer.Option(min=10, help="so many of the newest calls")] = 300,
    least: Annotated[int, typer.Option(min=3, help="in so many calls a recording must play")] = 3,
) -> None:
    """Find what plays alike in several calls: menus, notices, queue prompts, announcements.

    The list is written; nothing uses it until --known-voices or the setting known_voices names it.
    What it holds already stays, and what was refused is not found again.
    """
    from api.known_voices import heard_in_store, heard_recordings, read_known, write_known
    from api.store import Store
    from qa_engine.line.learning import learned

    known = read_known(to) if to.exists() else read_known(None)
    if Path(source).is_dir():
        heard = heard_recordings(_recordings(Path(source), calls))
    else:
        store = Store.open(source)
        try:
            heard = heard_in_store(store, calls)
        finally:
            store.close()
    if not heard.calls:
        raise QAError(
            "no sound to learn from: the store keeps none (batch --audio, the setting keep_sound), "
            "or none of it can be read"
        )
    found = learned(heard.calls, known.recorded, least=least)
    new = len(found) - len(known.recorded)
    known = replace(known, recorded=tuple(found))
    write_known(to, known)
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        say(
            "{calls} calls heard, {left} left out; {new} new recordings, {all} in the list; "
            "version {version}",
            calls=len(heard.calls),
            left=heard.left_out,
            new=new,
            all=len(found),
            version=known.version or "-",
        )
    )


@app.command("list")
def list_(of: Listed) -> None:
    """What the list holds, and where each recording can be heard."""
    from api.known_voices import read_known

    known = read_known(of)
    table = Table("id", say("seconds"), say("calls"), say("heard in"), "", box=None)
    for one in known.recorded:
        refused = say("refused") if one.refused else ""
        table.add_row(one.id, f"{one.length_ms / 1000:.1f}", str(one.calls), one.example, refused)
    console = Console(highlight=False)
    console.print(table)
    if known.agents:
        console.print(say("agents enrolled: {who}", who=", ".join(sorted(known.agents))))


@app.command("refuse")
def refuse(
    of: Listed,
    recording: Annotated[str, typer.Argument(help="its id, as list tells it")],
    again: Annotated[bool, typer.Option("--undo", help="take it back into use")] = False,
) -> None:
    """Somebody listened: it is no recording. It is not used, and not learned again."""
    from api.known_voices import read_known, write_known

    known = read_known(of)
    if recording not in {one.id for one in known.recorded}:
        raise QAError(f"{of}: holds no such recording; qa-engine voices list tells their ids")
    marked = (
        replace(one, refused=not again) if one.id == recording else one for one in known.recorded
    )
    write_known(of, replace(known, recorded=tuple(marked)))


@app.command("enrol")
def enrol(
    to: Listed,
    agent: Annotated[str, typer.Argument(help="the agent's staff number")],
    recordings: Annotated[list[Path], typer.Argument(help="recordings of the agent")],
    channel: Annotated[int, typer.Option(min=1, help="the agent's channel")] = 1,
) -> None:
    """Keep how an agent sounds, so that mono calls know who is who. Ask the agent first."""
    from api.known_voices import enrolled, read_known, with_agent, write_known
    from models.voices import load

    encoder = load()
    if encoder is None:
        raise QAError(
            "no network that tells voices apart is here; fetch it with qa-engine models pull voices"
        )
    known = read_known(to) if to.exists() else read_known(None)
    write_known(to, with_agent(known, agent, enrolled(encoder, recordings, channel - 1)))


@app.command("forget")
def forget(
    of: Listed, agent: Annotated[str, typer.Argument(help="the agent's staff number")]
) -> None:
    """Take an agent's voice out of the list."""
    from api.known_voices import read_known, with_agent, write_known

    known = read_known(of)
    if agent not in known.agents:
        raise QAError(f"{of}: holds no voice of that agent")
    write_known(of, with_agent(known, agent, None))


def _recordings(folder: Path, most: int) -> list[Path]:
    from api.batch.endings import AUDIO_SUFFIXES
    from api.batch.sources import look_for

    found = [source.path for source in look_for(str(folder), endings=AUDIO_SUFFIXES).sources]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:most]
