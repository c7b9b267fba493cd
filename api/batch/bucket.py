"""Recordings in an object store: listed there, fetched one by one, and let go of when judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from qa_engine.errors import QAError

_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
"""What the drivers call the time of an object."""
_BLOCK = 1 << 20
_WILD = frozenset("*?[")


class BucketError(QAError):
    """An object store cannot be listed or read."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as its store tells of it; `modified_ns` 0 where it does not say when."""

    size_bytes: int
    modified_ns: int


def is_url(where: str) -> bool:
    """s3://, oss:// and the like; a Windows path is none."""
    return "://" in where


def listed(where: str) -> dict[str, ListedObject]:
    """Every object below `where`, or that a glob there chooses, by its URL, in order.

    Raises BucketError.
    """
    files, root = _files(where)
    with _told(where):
        if _WILD & set(root):
            found = files.glob(root, detail=True)
        else:
            found = files.find(root, detail=True)
    return {
        files.unstrip_protocol(name): _seen(about)
        for name, about in sorted(found.items())
        if about.get("type") != "directory"
    }


def look(url: str) -> ListedObject:
    """One object. Raises BucketError."""
    files, name = _files(url)
    with _told(url):
        return _seen(files.info(name))


def fetch(url: str, place: Path) -> None:
    """Copy an object's bytes to `place`. Raises BucketError, and OSError where it cannot lie."""
    with place.open("wb") as target:
        for block in _blocks(url):
            target.write(block)


def _blocks(url: str) -> Iterator[bytes]:
    files, name = _files(url)
    with _told(url), files.open(name, "rb") as source:
        while block := source.read(_BLOCK):
            yield block


def _seen(about: Mapping[str, Any]) -> ListedObject:
    time = next((about[name] for name in _TIMES if about.get(name)), 0)
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    seconds = time.timestamp() if isinstance(time, datetime) else float(time)
    return ListedObject(int(about.get("size") or 0), int(seconds * 1_000_000_000))


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Each driver has errors of its own, of which only the kind is told: some quote secrets."""
    try:
        yield
    except FileNotFoundError:
        raise BucketError(f"{where}: not there; expected an existing bucket or object") from None
    except Exception as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BucketError(
            f"{where}: the object store does not answer ({reason}); check the address and the "
            "credentials that its fsspec driver reads"
        ) from None


@cache
def _files_of(protocol: str) -> Any:
    import fsspec

    return fsspec.filesystem(protocol)


def _files(where: str) -> tuple[Any, str]:
    try:
        files = _files_of(where.split("://", 1)[0])
    except (ImportError, ValueError) as error:
        raise BucketError(
            f"{where}: no driver for this address ({error}); install the fsspec driver it names "
            "(for s3:// `pip install 'qa-engine[s3]'`)"
        ) from None
    return files, files._strip_protocol(where)
