"""The help of every command and option in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main

from api.cli.usage import in_reader_s_words
from phrasebook.messages import CHINESE, catalogue, language, say, use_catalogue

__all__ = ["command_of", "help_texts"]

use_catalogue(Path(__file__).parent.parent / "messages_zh.json")


def command_of(app: typer.Typer) -> Any:
    """The app as a command of click's, its help translated where Chinese is spoken."""
    command = typer.main.get_command(app)
    in_reader_s_words()
    if language() == CHINESE:
        for owner in _owners(command):
            first = _first(owner.help)
            owner.help = catalogue().get(first, owner.help)
            if getattr(owner, "short_help", None):
                owner.short_help = catalogue().get(first, owner.short_help)
        for called in _commands(command):
            _in_chinese(called)
    return command


def _in_chinese(command: Any) -> None:
    """The parser's own words of a command: its usage, and the help of --help."""
    usage, option = command.get_usage, command.get_help_option

    def help_option(context: Any) -> Any:
        found = option(context)
        if found is not None:
            found.help = say("Show this message and exit.")
        return found

    command.get_usage = lambda context: usage(context).replace("Usage:", say("Usage:"), 1)
    command.get_help_option = help_option


def _commands(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from _commands(inner)


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
