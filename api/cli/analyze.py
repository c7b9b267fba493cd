"""`qa-engine analyze`: recordings in; a table on the terminal, JSON and HTML reports out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.asking import asking_at_once
from api.cli.options import (
    Channels,
    EncodingOption,
    Hotwords,
    KnownVoicesFile,
    ModelName,
    PhrasebookDir,
    Rate,
    ReportLanguage,
)
from api.cli.progress import progress
from api.outputs import STDOUT, OutputError, check_writable, write_text
from api.result_names import result_names
from api.roles import parse_reading, parse_roles
from api.worded_errors import worded
from phrasebook.messages import report_language, say
from qa_engine.errors import QAError


def analyze(
    audio: Annotated[
        list[Path],
        typer.Argument(help="recordings: anything PyAV reads; or transcripts; or folders of them"),
    ],
    phrasebook: PhrasebookDir = None,
    script: Annotated[str | None, typer.Option(help="the script the call must follow")] = None,
    model: ModelName = None,
    hotwords: Hotwords = "",
    known_voices: KnownVoicesFile = None,
    agent: Annotated[
        str, typer.Option(help="the agent's staff number, whose voice the list may hold")
    ] = "",
    roles: Annotated[
        str | None, typer.Option(help="who is on which channel, such as agent,customer")
    ] = None,
    channels: Channels = None,
    encoding: EncodingOption = None,
    rate: Rate = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="JSON report, - for stdout", metavar="FILE|-")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="one self-contained page", metavar="FILE")
    ] = None,
    transcript: Annotated[
        bool,
        typer.Option(
            "--transcript",
            help="the files are transcripts (JSON, SRT, VTT, CSV, XLSX, text), not sound",
        ),
    ] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="cover personal numbers, leave the sound out")
    ] = False,
    language: ReportLanguage = None,
) -> None:
    """Hear recordings, find what must not be said, check the steps, and score the call.

    Transcripts of another recogniser, subtitles, tables and plain dialogues (坐席：… a line) are
    judged as they are; a recording of the same name beside one gives it levels and waveform.
    Questions of the phrasebook are put to the language model that meaning_url names, if one is set.

    With several recordings --json and --html name directories (`--json -` writes JSON lines;
    recordings of one name keep their folders there), and
    one that cannot be read does not stop the others: it is told, and the exit code is 2.
    """
    from api.analyzer import Analyzer, CallAnalyzer
    from api.known_voices import read_known
    from api.transcripts import TRANSCRIPT_SUFFIXES
    from api.transcripts.analyzer import TranscriptAnalyzer, sound_beside
    from qa_engine.report import redacted
    from qa_engine.report.html import render_html
    from qa_engine.report.table import summary
    from qa_engine.rules.record import CallRecord

    spoken = language or report_language()
    console = Console(stderr=json == STDOUT)
    channel_roles = parse_roles(roles)
    how, picked = parse_reading(encoding, rate, channels)
    channel_roles = picked or channel_roles
    audio = _files(audio, transcript, console)
    many = len(audio) > 1
    targets = [
        (path, target(json, name, ".json", many), target(html, name, ".html", many))
        for path, name in zip(audio, result_names(audio), strict=True)
    ]
    for _, json_path, html_path in targets:
        check_writable(json_path)
        check_writable(html_path)
    as_text = transcript or all(path.suffix.lower() in TRANSCRIPT_SUFFIXES for path in audio)
    analyzer: CallAnalyzer = (
        TranscriptAnalyzer(phrasebook=phrasebook)
        if as_text
        else Analyzer(
            phrasebook=phrasebook,
            model=model,
            hotwords=hotwords,
            how=how,
            known=read_known(known_voices),
        )
    )
    record = CallRecord(agent=agent)
    script = analyzer.check_script(script)
    failed = False
    with asking_at_once(analyzer.phrasebook, console) as answered:
        for path, json_path, html_path in targets:
            try:
                with progress(path.name, console) as watch:
                    report = analyzer.analyze(
                        path, script=script, roles=channel_roles, progress=watch, record=record
                    )
                report = answered(report)
                report = redacted(report) if redact else report
                if json_path:
                    write_text(json_path, [report.to_json(indent=None if many else 2), "\n"])
                if html_path:
                    heard = None if redact else sound_beside(path) if as_text else path
                    page = render_html(report, recording=heard, how=how, language=spoken)
                    write_text(html_path, [page])
            except QAError as error:
                print(worded(str(error)), file=sys.stderr)  # noqa: T201 - the sentence is the output
                failed = True
            else:
                console.print(summary(report, language=spoken))
    if failed:
        raise typer.Exit(2)


def _files(named: list[Path], transcript: bool, console: Console) -> list[Path]:
    """Every file once; of a folder what a batch of it would take, and the rest is told."""
    from api.batch.endings import AUDIO_SUFFIXES
    from api.batch.sources import look_for
    from api.transcripts import TRANSCRIPT_SUFFIXES

    files: list[Path] = []
    for path in named:
        if not path.is_dir():
            files.append(path)
            continue
        found = look_for(str(path), endings=TRANSCRIPT_SUFFIXES if transcript else AUDIO_SUFFIXES)
        files += [path / source.path.relative_to(path.absolute()) for source in found.sources]
        for one in found.left_out:
            console.print(say("left out: {what}", what=one), markup=False, soft_wrap=True)
    return list(dict.fromkeys(files))


def target(asked: Path | None, name: Path, suffix: str, many: bool) -> Path | None:
    """Where the result of one recording goes: the path asked for, or `name` in that directory."""
    if asked is None or asked == STDOUT or not many:
        return asked
    path = asked / name.with_name(name.name + suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(asked, (error.strerror or "not a folder").lower()) from None
    return path
