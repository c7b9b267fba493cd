"""From a checkpoint to two directories that sherpa-onnx opens: `offline` and `online`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnx
import torch

from models import manifest
from models.training import vocabulary
from models.training.ctc import graph
from models.training.ctc.net import CtcShape, NanoCtc

NAME = "nano_ctc_zh"
FOLDERS = {"offline": graph.offline, "online": graph.online}
_LONGEST_WINDOW_MS = 12_000
_SURE = 0.7
"""Speech that it knows agrees with itself more than so much, other sounds less."""
_TOKEN_LAG_MS = 90
"""It is trained to write a character in the middle of its sound."""


def load(checkpoint: Path) -> tuple[NanoCtc, dict[str, Any]]:
    """The network of a checkpoint, and its counters (step, seconds, audio_s)."""
    state = torch.load(checkpoint, map_location="cpu")
    net = NanoCtc(CtcShape(**state["shape"]))
    net.load_state_dict(state["net"])
    return net.eval(), {k: state[k] for k in ("step", "seconds", "audio_s")}


def export(checkpoint: Path, folder: Path, evaluation: dict[str, Any] | None = None) -> None:
    """Write both models; README.md and other own files in ``folder`` are kept.

    ``evaluation``: what was measured of each, by its name.
    """
    net, counters = load(checkpoint)
    for name, make in FOLDERS.items():
        own = folder / name
        own.mkdir(parents=True, exist_ok=True)
        onnx.save(make(net), own / "model.onnx")
        (own / "tokens.txt").write_text(_tokens(), "utf-8")
        files = manifest.digests(own, ("model.onnx", "tokens.txt"))
        stated = {
            "name": NAME if name == "offline" else f"{NAME}_{name}",
            "version": f"{NAME}-{datetime.now(UTC):%Y.%m.%d}",
            "synthetic": True,
            "max_window_ms": _LONGEST_WINDOW_MS,
            "min_confidence": _SURE,
            "token_lag_ms": _TOKEN_LAG_MS,
            "parameters": sum(p.numel() for p in net.parameters()),
            "training": {
                "steps": counters["step"],
                "cpu_minutes": round(counters["seconds"] / 60, 1),
                "audio_hours": round(counters["audio_s"] / 3600, 1),
            },
            "evaluation": (evaluation or {}).get(name, {}),
            "sha256": {file: digest.sha256 for file, digest in files.items()},
            "bytes": {file: digest.size for file, digest in files.items()},
        }
        text = json.dumps(stated, indent=2, ensure_ascii=False)
        (own / manifest.FILE_NAME).write_text(text + "\n", "utf-8")


def _tokens() -> str:
    """Blank and characters, a line each with its number, as sherpa-onnx reads them."""
    names = ("<blk>", *vocabulary.known_characters())
    return "".join(f"{name} {number}\n" for number, name in enumerate(names))
