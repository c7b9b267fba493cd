"""The site's settings from options, environment and file, or one sentence for each mistake.

A name that nobody knows is a mistake too: a misspelt setting would otherwise be silently unset.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from api.settings import CONFIG, DEFAULT_CONFIG, PREFIX, Settings
from qa_engine.errors import QAError

ELSEWHERE = frozenset(
    {CONFIG, "QA_ENGINE_CACHE", "QA_ENGINE_JUDGE", "QA_ENGINE_JUDGE_OF_STORE", "QA_ENGINE_LANG"}
    | {"QA_ENGINE_NUMBER_KEY", "QA_ENGINE_RECORDING_KEY", "QA_ENGINE_REVEAL_KEY"}
)
"""Variables of ours that are no settings of the server."""

_PASSWORD = re.compile(r"://([^:/@]+):[^@]+@")


class SettingsError(QAError):
    """What is set cannot be; one line for each mistake."""


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting as it stands. `source`: `option`, a variable, the file, or `default`."""

    name: str
    value: str
    source: str


def load_settings(**chosen: Any) -> Settings:
    """Options (None: not given) over the environment over the file. Raises `SettingsError`."""
    options = {name: value for name, value in chosen.items() if value is not None}
    path, table = _file()
    unknown = [*_unknown_variables(), *_unknown_keys(path, table)]
    if unknown:
        raise SettingsError("\n".join(unknown))
    try:
        return Settings(**options)
    except ValidationError as error:
        rows = error.errors(include_input=False, include_url=False)
        told = [_sentence(row, options, path, table) for row in rows]
        raise SettingsError("\n".join(told)) from None


def in_force(settings: Settings, **chosen: Any) -> Iterator[SettingInForce]:
    """Every setting, and who said so. Secrets are only told to be set."""
    options = {name for name, value in chosen.items() if value is not None}
    path, table = _file()
    for name in Settings.model_fields:
        value = getattr(settings, name)
        yield SettingInForce(name, _shown(value), _source(name, options, path, table))


def _file() -> tuple[Path, dict[str, Any]]:
    named = os.environ.get(CONFIG)
    path = Path(named or DEFAULT_CONFIG)
    try:
        return path, tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingsError(
                f"{path}: no such file, but {CONFIG} names it; correct the path or unset it"
            ) from None
        return path, {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {_lower(str(error))}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"{path}: cannot be read ({_lower(str(reason))})") from None


def _unknown_variables() -> Iterator[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | ELSEWHERE
    for variable in sorted(os.environ):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            yield f"{variable}: no such setting{_did_you_mean(variable, PREFIX)}"


def _unknown_keys(path: Path, table: Mapping[str, Any]) -> Iterator[str]:
    known = set(Settings.model_fields)
    for key in table:
        if key not in known:
            yield f"{path}: {key}: no such setting{_did_you_mean(key)}"


def _did_you_mean(name: str, prefix: str = "") -> str:
    bare = name[len(prefix) :].lower()
    close = get_close_matches(bare, list(Settings.model_fields), n=1)
    if not close:
        return "; api/SETTINGS.md lists them all"
    return f"; did you mean {prefix + close[0].upper() if prefix else close[0]}?"


def _sentence(row: Any, options: Mapping[str, Any], path: Path, table: Mapping[str, Any]) -> str:
    name = str(row["loc"][0])
    source = _source(name, set(options), path, table)
    where = {"option": f"--{name.replace('_', '-')}", "default": name}.get(source, source)
    where = f"{where}: {name}" if source == str(path) else where
    return f"{where}: {_lower(row['msg'].removeprefix('Value error, '))}"


def _source(name: str, options: set[str], path: Path, table: Mapping[str, Any]) -> str:
    if name in options:
        return "option"
    wanted = (PREFIX + name).upper()
    for variable in os.environ:
        if variable.upper() == wanted:
            return variable
    return str(path) if name in table else "default"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, str) and "://" in value:
        return _PASSWORD.sub("://\\1:(set)@", value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def settings_page() -> str:
    """Every setting as a Markdown table: `api/SETTINGS.md`."""
    lines = [
        "# Settings",
        "",
        "From options of `qa-engine serve`, over `QA_ENGINE_*` variables, over `qa-engine.toml` in",
        "the working directory (or the file that `QA_ENGINE_CONFIG` names). Lists: with commas",
        "between the values. A name that is not here is refused. `qa-engine serve --check` prints",
        "what is in force and from where. Times end in `_s` (seconds) or `_days`.",
        "",
        "| setting | default | |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        known = field.default_factory is None and field.default not in (None, "", ())
        default = _shown(field.default) if known else ""
        meaning = " ".join((field.description or "").split())
        lines.append(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("SETTINGS.md").write_text(settings_page(), "utf-8")
