"""ONNX files with nothing in them but what they say about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_IR_VERSION, _GRAPH, _METADATA = 1, 7, 14


def write(path: Path, stated: Mapping[str, str], *, graph: bytes = b"\x0a\x00") -> Path:
    """As protobuf has it: version, graph, then a pair for each entry."""
    pairs = [
        _field(_METADATA, _field(1, key.encode()) + _field(2, value.encode()))
        for key, value in stated.items()
    ]
    version = bytes([_IR_VERSION * 8, 8])
    path.write_bytes(version + _field(_GRAPH, graph) + b"".join(pairs))
    return path


def _field(number: int, content: bytes) -> bytes:
    return _varint(number * 8 + 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])
