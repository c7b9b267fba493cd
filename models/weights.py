"""From a name to a directory of verified weights, fetching them once if need be.

A download goes to a folder beside its place, is resumed from there after an interruption, is
checked against the checksums the Hub states, and only then takes its name: a model's directory
is whole or absent. A lock keeps two processes from fetching the same model twice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import catalogue, directory, manifest
from models.cache import cached
from models.catalogue import BUNDLED, CATALOGUE, PublishedModel
from models.errors import CorruptModel, DownloadFailed, IncompleteModel, ModelError
from models.manifest import ModelManifest

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

__all__ = [
    "MODEL_VARIABLE",
    "ModelStatus",
    "configured",
    "list_models",
    "pull",
    "resolve",
    "verify",
]

MODEL_VARIABLE = "QA_ENGINE_MODEL"
"""Names the model that is used when none is given."""
HUB_VARIABLE = "HF_ENDPOINT"
"""Another address of the Hub, such as a mirror."""
_HUB = "https://huggingface.co"
_WANTED = {
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
    "vocabulary.txt",
}
_TIMEOUT_S = 10.0

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and all the bytes there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """One line of `qa-engine models list`."""

    name: str
    size: str
    """Such as `486 MB`."""
    note: str
    path: Path | None
    """Where it is on this machine, or None when it is not."""


def configured() -> str:
    """The model's name when the user gives none: `$QA_ENGINE_MODEL`, else the bundled one."""
    return os.environ.get(MODEL_VARIABLE, "").strip() or BUNDLED


def list_models() -> list[ModelStatus]:
    """Every model that can be named, and which of them are here."""
    rows = [
        ModelStatus(
            name=BUNDLED,
            size=_megabytes(_bundled_mb()),
            note="bundled; synthetic speech only: for demos and tests, not for real callers",
            path=_present(catalogue.bundled_directory()),
        )
    ]
    rows += [
        ModelStatus(
            name=model.name,
            size=_megabytes(model.download_mb),
            note=model.note,
            path=_present(cached(model.name)),
        )
        for model in CATALOGUE
    ]
    return rows


def resolve(name: str, *, progress: Progress | None = None) -> Path:
    """The directory of the model called `name`, fetched if it is published and not here yet.

    `name` is a directory, `nano_zh`, a name of the catalogue or a Hub repository. Raises
    `ModelError`.
    """
    path = Path(name).expanduser()
    if name != BUNDLED and (path.is_dir() or _looks_like_path(name)):
        if not path.is_dir():
            raise IncompleteModel(path, ("a directory",))
        directory.check(path)
        return path
    if name == BUNDLED:
        directory.check(catalogue.bundled_directory())
        return catalogue.bundled_directory()
    return pull(name, progress=progress)


def pull(name: str, *, endpoint: str | None = None, progress: Progress | None = None) -> Path:
    """Fetch a published model, unless it is here already; its directory. Raises `ModelError`."""
    from filelock import FileLock

    if name == BUNDLED:
        return resolve(name)
    model = catalogue.find(name)
    target = cached(model.name)
    if _present(target):
        directory.check(target)
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadFailed(name, str(target.parent), "the cache cannot be written") from error
    with FileLock(f"{target}.lock"):
        if not _present(target):
            _fetch(model, target, endpoint or os.environ.get(HUB_VARIABLE) or _HUB, progress)
    return target


def verify(name: str) -> ModelManifest:
    """Read every byte of a model that is here and compare the checksums. Raises `ModelError`."""
    path = Path(name).expanduser()
    if name == BUNDLED:
        path = catalogue.bundled_directory()
    elif not path.is_dir():
        path = cached(catalogue.find(name).name)
        if not path.is_dir():
            raise IncompleteModel(path, (f"the model: run `qa-engine models pull {name}`",))
    return directory.verify(path)


def _bundled_mb() -> float:
    weights = catalogue.bundled_directory() / directory.WEIGHTS
    return weights.stat().st_size / 1e6 if weights.is_file() else 0.0


def _megabytes(size: float) -> str:
    return f"{size:.0f} MB" if size < 1000 else f"{size / 1000:.1f} GB"


def _present(path: Path) -> Path | None:
    return path if (path / directory.WEIGHTS).is_file() else None


def _looks_like_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _fetch(model: PublishedModel, target: Path, hub: str, progress: Progress | None) -> None:
    aside = target.with_name(f".{target.name}.partial")
    try:
        revision, files = _remote_files(model, hub)
        _download(model, revision, files, aside, hub, progress)
    except ModelError:
        raise
    # The Hub client's exception tree changes from one release to the next.
    except Exception as error:
        raise DownloadFailed(model.name, hub, _reason(error)) from error
    _compare(aside, files)
    shutil.rmtree(aside / ".cache", ignore_errors=True)
    names = [file.rfilename for file in files]
    stated = ModelManifest(
        name=model.name,
        source=f"hub:{model.repository}@{revision}",
        files=manifest.digests(aside, names),
    )
    manifest.write(aside, stated)
    directory.check(aside)
    aside.rename(target)


def _remote_files(model: PublishedModel, hub: str) -> tuple[str, list[RepoSibling]]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub)
    info = api.model_info(model.repository, files_metadata=True, timeout=_TIMEOUT_S)
    files = [file for file in info.siblings or () if file.rfilename in _WANTED]
    if directory.WEIGHTS not in {file.rfilename for file in files}:
        reason = f"{model.repository} holds no {directory.WEIGHTS} (not a CTranslate2 model)"
        raise DownloadFailed(model.name, hub, reason)
    return info.sha or "main", files


def _download(
    model: PublishedModel,
    revision: str,
    files: list[RepoSibling],
    aside: Path,
    hub: str,
    progress: Progress | None,
) -> None:
    from huggingface_hub import hf_hub_download

    total = sum(file.size or 0 for file in files)
    done = 0
    for file in files:
        hf_hub_download(
            model.repository,
            file.rfilename,
            revision=revision,
            local_dir=aside,
            endpoint=hub,
            etag_timeout=_TIMEOUT_S,
            tqdm_class=_reporter(progress, done, total),
        )
        done += file.size or 0
        if progress:
            progress(done, total)


def _reporter(progress: Progress | None, before: int, total: int) -> Any:
    """A progress-bar class for the Hub client that draws nothing and tells `progress`."""
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    class Reporter(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            self.fetched = int(options.get("initial") or 0)
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.fetched += int(n or 0)
            if progress:
                progress(before + self.fetched, total)

    return Reporter


def _compare(aside: Path, files: list[RepoSibling]) -> None:
    """What arrived is what the Hub says it holds; a file that differs is thrown away."""
    for file in files:
        path = aside / file.rfilename
        found = manifest.digest(path)
        expected = file.lfs.sha256 if file.lfs else None
        if file.size is not None and found.size != file.size:
            path.unlink()
            raise CorruptModel(path, f"{found.size} bytes", f"{file.size} bytes")
        if expected and found.sha256 != expected:
            path.unlink()
            raise CorruptModel(path, f"sha256 {found.sha256[:12]}…", f"{expected[:12]}…")


def _reason(error: BaseException) -> str:
    """The Hub client's long, many-line messages, in a few words."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403, 404):
        return f"no such repository, or no permission to read it (HTTP {status})"
    if status is not None:
        return f"the server answered HTTP {status}"
    if "Offline" in type(error).__name__:
        return "downloads are switched off (HF_HUB_OFFLINE)"
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full"
    return f"no connection ({type(error).__name__})"
