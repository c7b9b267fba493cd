"""The help of every command and option in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main

from phrasebook.messages import CHINESE, catalogue, language, use_catalogue

__all__ = ["command_of", "help_texts"]

use_catalogue(Path(__file__).parent.parent / "messages_zh.json")


def command_of(app: typer.Typer) -> Any:
    """The app as a command of click's, its help translated where Chinese is spoken."""
    command = typer.main.get_command(app)
    if language() == CHINESE:
        for owner in _owners(command):
            first = _first(owner.help)
            owner.help = catalogue().get(first, owner.help)
            if getattr(owner, "short_help", None):
                owner.short_help = catalogue().get(first, owner.short_help)
    return command


def help_texts(app: typer.Typer) -> Iterator[str]:
    """What a translation is looked up by: the first paragraph of each help."""
    for owner in _owners(typer.main.get_command(app)):
        yield _first(owner.help)


def _first(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _owners(command: Any) -> Iterator[Any]:
    """Commands, groups and their options that have a help."""
    if command.help:
        yield command
    for param in command.params:
        if getattr(param, "help", None) and param.name not in {"help"}:
            yield param
    for inner in getattr(command, "commands", {}).values():
        yield from _owners(inner)
