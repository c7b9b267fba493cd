"""From a name, a directory, an address or nothing to a recogniser."""

from __future__ import annotations

import os

from models import remote_funasr, remote_ray, weights
from models.recogniser import Recogniser
from models.sherpa import layouts
from models.weights import Progress

__all__ = ["open_recogniser"]

_MOST_THREADS = 4
"""More than this gains nothing on windows of a few seconds."""


def open_recogniser(
    name_or_dir: str | None = None,
    *,
    device: str = "auto",
    threads: int | None = None,
    partial_beams: int | None = None,
    hotwords: str = "",
    progress: Progress | None = None,
) -> Recogniser:
    """The recogniser of a published name, a directory (of CTranslate2 or sherpa-onnx), the address
    of a FunASR server or of a deployment on Ray Serve, or (None) the configured model.

    A published model that is not here yet is fetched, telling `progress` (bytes done, bytes in
    all). `device` is `auto`, `cpu` or `cuda`; `threads` None: as `OMP_NUM_THREADS` or
    the cores allow; `partial_beams` and
    `hotwords` as in `WhisperOptions`. Raises `ModelError`.
    """
    name_or_dir = name_or_dir or weights.configured()
    if name_or_dir and remote_funasr.is_address(name_or_dir):
        return remote_funasr.FunasrRecogniser(name_or_dir, hotwords=hotwords)
    if name_or_dir and remote_ray.is_address(name_or_dir):
        return remote_ray.RayRecogniser(name_or_dir, hotwords=hotwords)
    path = weights.resolve(name_or_dir, progress=progress)
    chosen = threads if threads is not None else _threads()
    if layouts.is_sherpa(path):
        from models.sherpa.recogniser import SherpaRecogniser

        return SherpaRecogniser(path, threads=chosen, device=device, hotwords=hotwords)
    from models.whisper import WhisperOptions, WhisperRecogniser

    options = WhisperOptions(
        device=device, threads=chosen, partial_beams=partial_beams, hotwords=hotwords
    )
    return WhisperRecogniser(path, options)


def _threads() -> int:
    """As many as `OMP_NUM_THREADS` says, which the network's own library heeds too, else the cores;
    threads that others keep from their cores wait for each other at full speed."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else min(_MOST_THREADS, os.cpu_count() or 1)
