"""The files of a published model on the Hugging Face Hub or a mirror of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import directory, manifest
from models.archives import Progress
from models.errors import CorruptModel, DownloadFailed
from models.published import PublishedModel

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

__all__ = ["compare", "download", "reason_of", "remote_files"]

_WANTED = {
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
    "vocabulary.txt",
}
_TIMEOUT_S = 10.0


def remote_files(model: PublishedModel, hub: str) -> tuple[str, list[RepoSibling]]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub)
    info = api.model_info(model.repository, files_metadata=True, timeout=_TIMEOUT_S)
    wanted = model.files or _WANTED
    files = [file for file in info.siblings or () if file.rfilename in wanted]
    missing = set(model.files or (directory.WEIGHTS,)) - {file.rfilename for file in files}
    if missing:
        kind = "" if model.files else " (not a CTranslate2 model)"
        reason = f"{model.repository} holds no {', '.join(sorted(missing))}{kind}"
        raise DownloadFailed(model.name, hub, reason)
    return info.sha or "main", files


def download(
    model: PublishedModel,
    revision: str,
    files: list[RepoSibling],
    aside: Path,
    hub: str,
    progress: Progress | None,
) -> None:
    """Every file into `aside`, told by `progress` (bytes done, bytes in all)."""
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


def compare(aside: Path, files: list[RepoSibling]) -> None:
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


def reason_of(error: BaseException) -> str:
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
