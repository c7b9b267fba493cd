"""From a name to a directory of verified weights, fetching them once if need be.

A download goes to a folder beside its place, is resumed from there after an interruption, is
checked against the checksums the Hub states, and only then takes its name: a model's directory
is whole or absent. A lock keeps two processes from fetching the same model twice.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from models import archives, catalogue, directory, manifest
from models import hub as hub_files
from models.archives import Progress
from models.cache import cached
from models.catalogue import BUNDLED, CATALOGUE
from models.errors import DownloadFailed, IncompleteModel, ModelError
from models.manifest import ModelManifest
from models.published import PublishedModel
from models.sherpa.layouts import is_sherpa

__all__ = [
    "MODEL_VARIABLE",
    "ModelStatus",
    "Progress",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """One line of `qa-engine models list`."""

    name: str
    size: str
    """Such as `486 MB`."""
    note: str
    licence: str
    """As its publisher states it; empty: not verified."""
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
            licence="Apache-2.0",
            path=_present(catalogue.bundled_directory()),
        )
    ]
    rows += [
        ModelStatus(
            name=model.name,
            size=_megabytes(model.download_mb),
            note=model.note,
            licence=model.licence,
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


def pull(
    name: str,
    *,
    endpoint: str | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch a published model, unless it is here already; its directory. Raises `ModelError`.

    From the Hub at `endpoint` (else `$HF_ENDPOINT`), or out of the archive at `source`, an address
    or a file.
    """
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
        if not _present(target) and source is not None:
            _take(model, target, source, progress)
        elif not _present(target):
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
    if not size:
        return "?"
    return f"{size:.0f} MB" if size < 1000 else f"{size / 1000:.1f} GB"


def _present(path: Path) -> Path | None:
    here = (path / directory.WEIGHTS).is_file() or (path.is_dir() and is_sherpa(path))
    return path if here else None


def _looks_like_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _take(model: PublishedModel, target: Path, source: str, progress: Progress | None) -> None:
    """Out of an archive."""
    aside = target.with_name(f".{target.name}.partial")
    aside.mkdir(exist_ok=True)
    packed = Path(source).expanduser()
    if archives.is_address(source):
        packed = archives.fetched(model.name, source, aside, progress)
    names = archives.unpack(model.name, packed, aside, model.files)
    if archives.is_address(source):
        packed.unlink()
    _keep(aside, target, ModelManifest(name=model.name, source=f"archive:{source}"), names)


def _keep(aside: Path, target: Path, stated: ModelManifest, names: list[str]) -> None:
    """Whole and checked: it takes its name."""
    manifest.write(aside, replace(stated, files=manifest.digests(aside, names)))
    directory.check(aside)
    aside.rename(target)


def _fetch(model: PublishedModel, target: Path, hub: str, progress: Progress | None) -> None:
    aside = target.with_name(f".{target.name}.partial")
    try:
        revision, files = hub_files.remote_files(model, hub)
        hub_files.download(model, revision, files, aside, hub, progress)
    except ModelError:
        raise
    # The Hub client's exception tree changes from one release to the next.
    except Exception as error:
        raise DownloadFailed(model.name, hub, hub_files.reason_of(error)) from error
    hub_files.compare(aside, files)
    shutil.rmtree(aside / ".cache", ignore_errors=True)
    stated = ModelManifest(name=model.name, source=f"hub:{model.repository}@{revision}")
    _keep(aside, target, stated, [file.rfilename for file in files])
