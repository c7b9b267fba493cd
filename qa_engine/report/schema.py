"""The JSON Schema of a report, made from its dataclasses.

`python -m qa_engine.report.schema` writes `schema.json`; a test holds the two together.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.resources import files
from typing import Any

from qa_engine.report.model import SCHEMA_VERSION, Report

_SCALARS: Mapping[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    definitions: dict[str, Any] = {}
    root = _describe(Report, definitions)
    report = definitions.pop(root["$ref"].rsplit("/", 1)[1])
    report["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"qa-engine report {SCHEMA_VERSION}",
        **report,
        "$defs": dict(sorted(definitions.items())),
    }


def published() -> str:
    """The schema as the package carries it."""
    return files(__package__).joinpath("schema.json").read_text(encoding="utf-8")


def _describe(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if is_dataclass(kind):
        return _object(typing.cast(type, kind), definitions)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _describe(arguments[0], definitions)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_describe(argument, definitions) for argument in arguments]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {
            "type": "object",
            "additionalProperties": _describe(arguments[1], definitions),
        }
    raise AssertionError(f"no JSON Schema for {kind!r}")


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = typing.get_type_hints(kind)
        names = [field.name for field in fields(typing.cast(Any, kind))]
        definitions[name] = {
            "description": (kind.__doc__ or "").strip().partition("\n\n")[0],
            "type": "object",
            "properties": {field: _describe(hints[field], definitions) for field in names},
            "required": names,
        }
    return {"$ref": f"#/$defs/{name}"}


def _write() -> None:
    import json
    from pathlib import Path

    text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    Path(__file__).with_name("schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write()
