"""What can go wrong between a model's name and a working recogniser.

    ModelError
    ├── UnknownModel        no such name in the catalogue and no such directory
    ├── IncompleteModel     a directory that lacks a file the recogniser needs
    ├── CorruptModel        a file whose content is not what it should be
    ├── UnusableModel       whole, and of a kind that nothing here can run
    ├── MissingPackage      whole, and what runs it is not installed
    └── DownloadFailed      the weights could not be fetched

`str(error)` is one sentence: what was found, what was expected, what to do.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

__all__ = [
    "CorruptModel",
    "DownloadFailed",
    "IncompleteModel",
    "MissingPackage",
    "ModelError",
    "UnknownModel",
    "UnusableModel",
]


class ModelError(Exception):
    """Catch this one to turn any trouble with a model into one line for the user."""


class UnknownModel(ModelError):
    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known
        self.suggestion = next(iter(get_close_matches(name, known, n=1, cutoff=0.5)), None)

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion!r}" if self.suggestion else ""
        return (
            f"{self.name!r} is neither a directory nor a known model{hint}; "
            "`qa-engine models list` shows the names"
        )


class IncompleteModel(ModelError):
    def __init__(self, path: Path, missing: tuple[str, ...]) -> None:
        super().__init__(str(path))
        self.path = path
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"{self.path} holds no usable model: expected {', '.join(self.missing)}; "
            "give a directory of CTranslate2 Whisper or of sherpa-onnx, or a name from "
            "`qa-engine models list`"
        )


class _NotAsExpected(ModelError):
    def __init__(self, path: Path, found: str, expected: str) -> None:
        super().__init__(str(path))
        self.path = path
        self.found = found
        self.expected = expected


class CorruptModel(_NotAsExpected):
    def __str__(self) -> str:
        return (
            f"{self.path} is damaged: found {self.found}, expected {self.expected}; "
            "fetch the model again"
        )


class UnusableModel(_NotAsExpected):
    def __str__(self) -> str:
        return (
            f"{self.path} cannot be used: found {self.found}, expected {self.expected}; "
            "`qa-engine models list` shows models that can"
        )


class MissingPackage(ModelError):
    def __init__(self, path: Path, package: str, extra: str) -> None:
        super().__init__(str(path))
        self.path = path
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return (
            f"{self.path} is a model for {self.package}, which is not installed here: "
            f"pip install 'qa-engine[{self.extra}]'"
        )


class DownloadFailed(ModelError):
    def __init__(self, name: str, source: str, reason: str) -> None:
        super().__init__(name)
        self.name = name
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"cannot fetch model {self.name!r} from {self.source}: {self.reason}; "
            "connect once, or copy the model's directory here and give its path"
        )
