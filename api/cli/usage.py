"""What is wrong with how a command was called, in the reader's language.

Sentences of the option parser and of its checks are looked up where those of errors are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import typer
from typer import rich_utils

from api.worded_errors import worded
from phrasebook.messages import CHINESE, language

__all__ = ["UsageProblem", "in_reader_s_words", "tell"]

UsageProblem: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""What the parser raises; which package it is of depends on typer's version."""

_PANELS = {
    "ERRORS_PANEL_TITLE": "错误",
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ABORTED_TEXT": "已取消。",
    "DEFAULT_STRING": "[默认：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "RICH_HELP": "用法见 [blue]{command_path} {help_option}[/]",
}
_ENGLISH = {name: getattr(rich_utils, name) for name in _PANELS}


@dataclass(frozen=True, slots=True)
class _Worded:
    """A problem as `rich_utils` prints one."""

    ctx: Any
    text: str

    def format_message(self) -> str:
        return self.text


def in_reader_s_words() -> None:
    """What stands around help and problems: titles of panels, defaults."""
    for name, words in (_PANELS if language() == CHINESE else _ENGLISH).items():
        setattr(rich_utils, name, words)


def tell(problem: Any) -> int:
    """Print it to stderr; returns the exit code."""
    if type(problem).__name__ != "NoArgsIsHelpError":
        # Two sentences stand in one where the parser also says what was meant.
        text = worded(problem.format_message())
        rich_utils.rich_format_error(_Worded(getattr(problem, "ctx", None), text))  # type: ignore[arg-type]
    return int(problem.exit_code)
