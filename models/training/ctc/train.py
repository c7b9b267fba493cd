"""The CTC training loop: resumable, paced by the seconds it computed, as nano_zh's."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training import vocabulary
from models.training.batches import Producer
from models.training.ctc.batches import CtcBatch, batches
from models.training.ctc.net import CtcShape, NanoCtc
from models.training.train import optimizers, rate_at, save, stop_flag

_STATISTICS = 24
"""Batches that the mean and deviation of each band are taken from."""
_ALIGNED_UNTIL = 0.2
"""So far the frame labels alone say where characters are; then CTC may move them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcSettings:
    """One run. ``frames`` are feature frames (10 ms) in a batch; ``minutes`` of computing."""

    folder: Path
    minutes: float = 30.0
    rate: float = 2e-3
    frames: int = 9000
    seed: int = 1
    producer_core: int | None = None
    save_every_s: float = 180.0


@dataclass(frozen=True, slots=True)
class CtcLosses:
    """Scalars: characters by frame, by CTC (a character), syllables and tones by frame."""

    frame: Tensor
    ctc: Tensor
    syllable: Tensor
    tone: Tensor

    def total(self, progress: float) -> Tensor:
        helped = 0.5 * (self.syllable + 0.3 * self.tone)
        if progress < _ALIGNED_UNTIL:
            return self.frame + helped
        return 0.3 * self.frame + 0.3 * self.ctc + 0.5 * helped


def build(seed: int) -> NanoCtc:
    """The network for the vocabulary of this recipe."""
    torch.manual_seed(seed)
    shape = CtcShape(
        vocabulary=len(vocabulary.known_characters()) + 1,
        syllables=len(vocabulary.syllable_ids()) + 1,
    )
    return NanoCtc(shape)


def losses(net: NanoCtc, batch: CtcBatch) -> CtcLosses:
    """Run ``net`` on ``batch`` (bf16 autocast) and compare."""
    lengths = torch.from_numpy(batch.lengths).long()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = net.hidden(torch.from_numpy(batch.features).float())
        logits = net.character(hidden)
        syllable, tone = net.syllable(hidden), net.tone(hidden)
    probabilities = logits.float().log_softmax(-1)
    inside = torch.arange(probabilities.shape[1])[None] < lengths[:, None]
    wanted, syllables, tones = (
        torch.from_numpy(each).long()[inside] for each in (batch.wanted, batch.syllable, batch.tone)
    )
    counts = torch.from_numpy(batch.counts).long()
    ctc = F.ctc_loss(
        probabilities.transpose(0, 1),
        torch.from_numpy(batch.characters).long(),
        lengths,
        counts,
        reduction="sum",
        zero_infinity=True,
    )
    return CtcLosses(
        F.nll_loss(probabilities[inside], wanted),
        ctc / (counts.sum() + 1),
        F.cross_entropy(syllable[inside].float(), syllables),
        F.cross_entropy(tone[inside].float(), tones),
    )


def _standardise(net: NanoCtc, producer: Producer[CtcBatch]) -> None:
    """Mean and deviation of each band, silence behind the examples left out."""
    seen = [next(producer) for _ in range(_STATISTICS)]
    bands = torch.cat(
        [
            torch.from_numpy(one[:, : 4 * int(length)]).float()
            for batch in seen
            for one, length in zip(batch.features, batch.lengths, strict=True)
        ],
        1,
    )
    net.mean.copy_(bands.mean(1, keepdim=True))
    net.deviation.copy_(bands.std(1, keepdim=True).clamp_min(1.0))


def train(settings: CtcSettings, *, resume: bool = False) -> None:
    """Run to the end, or continue ``folder/last.pt`` when ``resume``."""
    torch.set_num_threads(1)
    settings.folder.mkdir(parents=True, exist_ok=True)
    net = build(settings.seed)
    opts = optimizers(net, "muon", settings.rate, inside=("blocks.",))
    counted: dict[str, Any] = {"step": 0, "seconds": 0.0, "audio_s": 0.0}
    last = settings.folder / "last.pt"
    resumed = resume and last.exists()
    if resumed:
        state = torch.load(last)
        net.load_state_dict(state["net"])
        for opt, saved in zip(opts, state["optimizers"], strict=True):
            opt.load_state_dict(saved)
        counted = {name: state[name] for name in counted}
    producer = Producer(
        batches, settings.frames, settings.seed + counted["step"], settings.producer_core
    )
    producer.progress.value = counted["seconds"] / settings.minutes / 60
    if not resumed:
        _standardise(net, producer)
    before, saved_at = time.process_time(), counted["seconds"]
    stopping = stop_flag()
    means: Tensor | None = None
    while counted["seconds"] < settings.minutes * 60 and not stopping:
        batch = next(producer)
        progress = producer.progress.value = counted["seconds"] / settings.minutes / 60
        found = _step(net, opts, batch, progress, rate_at(progress, counted["step"], settings.rate))
        now = time.process_time()
        counted["step"] += 1
        counted["audio_s"] += batch.seconds
        counted["seconds"], before = counted["seconds"] + now - before, now
        row = torch.stack([found.frame, found.ctc, found.syllable, found.tone]).detach()
        means = row if means is None else means * 0.97 + row * 0.03
        if counted["step"] % 50 == 0:
            names = ("frame", "ctc", "syllable", "tone")
            told = {k: round(float(m), 3) for k, m in zip(names, means, strict=True)}
            line = {"step": counted["step"], "min": round(counted["seconds"] / 60, 2)}
            line["hours"] = round(counted["audio_s"] / 3600, 2)
            print(json.dumps(line | told), flush=True)
        over = stopping or counted["seconds"] >= settings.minutes * 60
        if over or counted["seconds"] - saved_at > settings.save_every_s:
            saved_at = counted["seconds"]
            state = {"net": net.state_dict(), "optimizers": [opt.state_dict() for opt in opts]}
            save(last, state | counted | {"shape": asdict(net.shape)})
    producer.close()


def _step(
    net: NanoCtc,
    opts: list[torch.optim.Optimizer],
    batch: CtcBatch,
    progress: float,
    rate: float,
) -> CtcLosses:
    for opt in opts:
        opt.zero_grad(set_to_none=True)
        for group in opt.param_groups:
            group["lr"] = rate
    found = losses(net, batch)
    torch.autograd.backward(found.total(progress))
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    for opt in opts:
        opt.step()
    return found
