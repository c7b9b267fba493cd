"""The training loop: one process, one thread, resumable, paced by the seconds it computed.

Progress is counted in CPU seconds of this process, so a run that is stopped (SIGSTOP), shares its
core or is resumed on another day follows the same curriculum and learning rate.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.training import vocabulary
from models.training.batches import Producer, batches
from models.training.losses import losses
from models.training.net import NanoWhisper, Shape

WARM_UP_STEPS = 200
DECAY_FROM = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """One run. ``frames`` are mel frames (10 ms) in a batch; ``minutes`` of computing."""

    folder: Path
    minutes: float = 100.0
    rate: float = 2e-3
    optimizer: str = "adamw"
    frames: int = 7000
    seed: int = 1
    producer_core: int | None = None
    save_every_s: float = 240.0
    width: int = 192
    heads: int = 3
    encoder_layers: int = 5
    decoder_layers: int = 2


def build(settings: TrainingRun) -> NanoWhisper:
    """The network for the vocabulary of this recipe."""
    torch.manual_seed(settings.seed)
    return NanoWhisper(
        Shape(
            width=settings.width,
            heads=settings.heads,
            encoder_layers=settings.encoder_layers,
            decoder_layers=settings.decoder_layers,
            vocabulary=len(vocabulary.tokens()),
            syllables=len(vocabulary.syllable_ids()) + 1,
        )
    )


def optimizers(
    net: nn.Module,
    kind: str,
    rate: float,
    *,
    inside: tuple[str, ...] = ("encoder.", "decoder."),
) -> list[torch.optim.Optimizer]:
    """AdamW for everything, or Muon for the matrices inside the layers and AdamW for the rest."""
    matrices = [p for name, p in net.named_parameters() if p.ndim == 2 and name.startswith(inside)]
    if kind == "adamw":
        matrices = []
    chosen = {id(p) for p in matrices}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    ]
    if matrices:
        found.append(
            torch.optim.Muon(
                matrices, lr=rate, weight_decay=0.05, ns_steps=4, adjust_lr_fn="match_rms_adamw"
            )
        )
    return found


def rate_at(progress: float, step: int, peak: float) -> float:
    """Warm-up, a plateau, then a straight line down to a fiftieth."""
    down = max(0.02, 1 - max(0.0, progress - DECAY_FROM) / (1 - DECAY_FROM))
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * down


def _minutes(settings: TrainingRun) -> float:
    """The length of the run; a file ``minutes`` in its folder changes it while it runs."""
    path = settings.folder / "minutes"
    return float(path.read_text()) if path.exists() else settings.minutes


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    aside = path.with_suffix(".part")
    torch.save(state, aside)
    aside.replace(path)


def stop_flag() -> list[int]:
    """An empty list that SIGTERM and SIGINT fill: the step is finished and saved first."""
    flag: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: flag.append(got))
    return flag


def _told(means: Tensor) -> dict[str, float]:
    """The running means of the four losses."""
    names = ("text", "syllable", "tone", "look")
    return {name: round(float(mean), 3) for name, mean in zip(names, means, strict=True)}


def train(settings: TrainingRun, *, resume: bool = False) -> None:
    """Run to the end, or continue ``folder/last.pt`` when ``resume``."""
    torch.set_num_threads(1)
    settings.folder.mkdir(parents=True, exist_ok=True)
    net = build(settings)
    opts = optimizers(net, settings.optimizer, settings.rate)
    step, seconds, audio_s = 0, 0.0, 0.0
    last = settings.folder / "last.pt"
    if resume and last.exists():
        state = torch.load(last)
        net.load_state_dict(state["net"])
        for opt, saved in zip(opts, state["optimizers"], strict=True):
            opt.load_state_dict(saved)
        step, seconds, audio_s = state["step"], state["seconds"], state["audio_s"]
    characters = len(vocabulary.known_characters())
    minutes = _minutes(settings)
    producer = Producer(batches, settings.frames, settings.seed + step, settings.producer_core)
    producer.progress.value = seconds / minutes / 60
    before, saved_at, waited = time.process_time(), seconds, 0.0
    means: Tensor | None = None
    stopping = stop_flag()
    while seconds < minutes * 60 and not stopping:
        asked = time.monotonic()
        batch = next(producer)
        waited += time.monotonic() - asked
        progress = seconds / minutes / 60
        producer.progress.value = progress
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = rate_at(progress, step, settings.rate)
        found = losses(net, batch, characters)
        loss = found.total(1.0 if progress < 0.3 else 0.5)
        for opt in opts:
            opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for opt in opts:
            opt.step()
        step += 1
        audio_s += batch.seconds
        now = time.process_time()
        seconds, before = seconds + now - before, now
        row = torch.stack([found.text, found.syllable, found.tone, found.look]).detach()
        means = row if means is None else means * 0.97 + row * 0.03
        if step % 50 == 0:
            line = {"step": step, "min": round(seconds / 60, 2), "hours": round(audio_s / 3600, 2)}
            print(json.dumps(line | _told(means) | {"waited_s": round(waited, 1)}), flush=True)
        due = seconds - saved_at > settings.save_every_s
        if due or stopping or seconds >= minutes * 60:
            saved_at, minutes = seconds, _minutes(settings)
            save(
                last,
                {
                    "net": net.state_dict(),
                    "shape": asdict(net.shape),
                    "optimizers": [opt.state_dict() for opt in opts],
                    "step": step,
                    "seconds": seconds,
                    "audio_s": audio_s,
                },
            )
    producer.close()
