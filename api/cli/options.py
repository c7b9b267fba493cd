"""Options that more than one command takes, told once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

PhrasebookDir = Annotated[Path | None, typer.Option(help="a phrasebook directory")]
ModelName = Annotated[str | None, typer.Option(help="a model name or directory")]
KnownVoicesFile = Annotated[
    Path | None,
    typer.Option("--known-voices", help="the site's list, as qa-engine voices learn writes it"),
]
Hotwords = Annotated[str, typer.Option(help="names and terms to expect, such as '尊享计划 犹豫期'")]
Channels = Annotated[
    str | None, typer.Option(help="whose channel is which, from 1, such as agent=2,customer=3")
]
EncodingOption = Annotated[
    str | None, typer.Option(help="of samples without a header: mulaw, alaw, linear16 or vox")
]
Rate = Annotated[int | None, typer.Option(help="of such samples, in Hz")]
ReportLanguage = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--language", help="of the report: Chinese unless QA_ENGINE_LANG says en"),
]
