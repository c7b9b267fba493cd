"""A published archive, from this disk or an address, as a model's directory.

Archives hold more than is needed (recordings, the weights once more in another size): only the
files that the catalogue names are taken, and of an archive that it does not know those that a
model's directory may hold. Nobody publishes their checksums: the manifest writes down what came.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import IO, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from models.errors import DownloadFailed

__all__ = ["Progress", "fetched", "is_address", "unpack"]

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and all the bytes there are."""
_TIMEOUT_S: Final = 20.0
_BLOCK: Final = 1 << 20
_WANTED: Final = (".onnx", ".txt", ".vocab", ".json")


def is_address(source: str) -> bool:
    """Whether an archive's place is an address, and no file."""
    return source.startswith(("http://", "https://"))


def fetched(name: str, address: str, to: Path, progress: Progress | None) -> Path:
    """The archive at the address, as a file in the folder `to`; it goes on where it broke off.

    Raises `DownloadFailed`.
    """
    place = urlsplit(address)
    path = to / PurePosixPath(place.path).name
    had = path.stat().st_size if path.is_file() else 0
    headers = {"Range": f"bytes={had}-"} if had else {}
    try:
        with urlopen(Request(address, headers=headers), timeout=_TIMEOUT_S) as answer:
            goes_on = answer.status == 206
            done = had if goes_on else 0
            total = done + int(answer.headers.get("Content-Length") or 0)
            with path.open("ab" if goes_on else "wb") as file:
                while block := answer.read(_BLOCK):
                    file.write(block)
                    done += len(block)
                    if progress:
                        progress(done, total)
    except (URLError, OSError) as error:
        raise DownloadFailed(name, place.netloc, _reason(error)) from error
    if done != total:
        raise DownloadFailed(name, place.netloc, f"{done} of {total} bytes came")
    return path


def unpack(name: str, archive: Path, to: Path, wanted: Collection[str]) -> list[str]:
    """Put the files that are needed into the folder `to`; their names.

    Raises `DownloadFailed` for a file that is no archive, or lacks one of them.
    """
    taken: list[str] = []
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                own = PurePosixPath(member.name).name
                if not member.isfile() or own in taken or not _is_wanted(member.name, own, wanted):
                    continue
                content = packed.extractfile(member)
                if content is not None:
                    _write(content, to / own)
                    taken.append(own)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DownloadFailed(name, str(archive), "it is no archive, or a part of one") from error
    if missing := [file for file in wanted if file not in taken]:
        raise DownloadFailed(name, str(archive), f"it does not hold {', '.join(missing)}")
    return taken


def _is_wanted(path: str, own: str, wanted: Collection[str]) -> bool:
    if wanted:
        return own in wanted
    return own.endswith(_WANTED) and "test_wavs" not in path


def _write(content: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, _BLOCK)


def _reason(error: Exception) -> str:
    status = getattr(error, "code", None)
    return f"the server answered HTTP {status}" if status else "no connection"
