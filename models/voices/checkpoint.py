"""Tensors out of a file that PyTorch wrote in its first format, without PyTorch.

The file is five pickles and then the raw storages. Only what builds tensors is allowed to be
named in it: a file that asks for anything else is refused, never run.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BadCheckpoint", "read_checkpoint"]

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}


class BadCheckpoint(ValueError):
    """Not such a file, cut off, or one that names what no tensor needs."""


class _Tensor:
    """A view of a storage that is read after it."""

    def __init__(self, key: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...]):
        self.key, self.offset, self.size, self.stride = key, offset, size, stride


def read_checkpoint(raw: bytes) -> dict[str, Any]:
    """The saved object, its tensors as arrays. Raises BadCheckpoint."""
    file = BytesIO(raw)
    storages: dict[str, np.dtype[Any]] = {}
    try:
        if _Unpickler(file, storages).load() != _MAGIC:
            raise BadCheckpoint("not a checkpoint of PyTorch's first format")
        _Unpickler(file, storages).load()
        _Unpickler(file, storages).load()
        saved = _Unpickler(file, storages).load()
        keys = _Unpickler(file, storages).load()
        arrays = {str(key): _storage(file, storages[str(key)]) for key in keys}
    except (pickle.UnpicklingError, EOFError, struct.error, KeyError, TypeError) as error:
        raise BadCheckpoint(f"cannot be read ({type(error).__name__})") from None
    found = _filled(saved, arrays)
    if not isinstance(found, dict):
        raise BadCheckpoint("holds no table of tensors")
    return found


def _storage(file: BytesIO, kind: np.dtype[Any]) -> NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    raw = file.read(count * kind.itemsize)
    if len(raw) != count * kind.itemsize:
        raise BadCheckpoint("is cut off")
    return np.frombuffer(raw, kind)


def _filled(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, _Tensor):
        flat = arrays[value.key][value.offset :]
        steps = tuple(step * flat.itemsize for step in value.stride)
        return np.lib.stride_tricks.as_strided(flat, value.size, steps).copy()
    if isinstance(value, dict):
        return {key: _filled(item, arrays) for key, item in value.items()}
    return value


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, storages: dict[str, np.dtype[Any]]) -> None:
        super().__init__(file, encoding="utf-8")
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise BadCheckpoint(f"asks for {module}.{name}, which no tensor needs")

    def persistent_load(self, pid: Any) -> str:
        kind, key = pid[1], str(pid[2])
        self._storages[key] = kind
        return key


def _rebuilt(
    key: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(key, offset, size, stride)
