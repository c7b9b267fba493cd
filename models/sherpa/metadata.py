"""The key-value pairs that an ONNX file says about itself, without reading its weights.

A file is protobuf: fields one after another, each with its number and length. The graph, which
holds nearly all bytes, is stepped over.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from models.errors import CorruptModel

__all__ = ["metadata"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_IR_VERSION, _GRAPH, _METADATA = 1, 7, 14
_KEY, _VALUE = 1, 2
_LONGEST_PAIR = 1 << 20


def metadata(path: Path) -> dict[str, str]:
    """Raises `CorruptModel` for a file that is no whole ONNX model."""
    found: dict[str, str] = {}
    seen: set[int] = set()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while file.tell() < size:
                number, kind = divmod(_varint(file), 8)
                seen.add(number)
                if number == _METADATA and kind == _BYTES:
                    key, value = _pair(file.read(_length(file)))
                    found[key] = value
                else:
                    _step_over(file, kind)
            if file.tell() != size:
                raise ValueError("cut short")
    except (OSError, ValueError, IndexError) as error:
        raise _corrupt(path) from error
    if not {_IR_VERSION, _GRAPH} <= seen:
        raise _corrupt(path)
    return found


def _corrupt(path: Path) -> CorruptModel:
    return CorruptModel(path, "another kind of file, or a part of one", "an ONNX model")


def _varint(file: BinaryIO) -> int:
    value = shift = 0
    while True:
        byte = file.read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value
        if shift > 63:
            raise ValueError("not a number")


def _length(file: BinaryIO) -> int:
    length = _varint(file)
    if length > _LONGEST_PAIR:
        raise ValueError("too long")
    return length


def _step_over(file: BinaryIO, kind: int) -> None:
    if kind == _VARINT:
        _varint(file)
    elif kind == _BYTES:
        file.seek(_varint(file), 1)
    elif kind in (_FIXED64, _FIXED32):
        file.seek(8 if kind == _FIXED64 else 4, 1)
    else:
        raise ValueError("no such kind of field")


def _pair(content: bytes) -> tuple[str, str]:
    file = BytesIO(content)
    parts = {_KEY: "", _VALUE: ""}
    while file.tell() < len(content):
        number, kind = divmod(_varint(file), 8)
        if kind != _BYTES:
            raise ValueError("not a text")
        parts[number] = file.read(_length(file)).decode("utf-8", "replace")
    return parts[_KEY], parts[_VALUE]
