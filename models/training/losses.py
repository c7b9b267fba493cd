"""What the network is told about one batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.batches import ExampleBatch
from models.training.net import NanoWhisper
from models.training.samples import IGNORE

SMOOTHING = 0.05
TOKEN_NOISE = 0.08
SPARE_FRAMES = 2
FIRST_TOKEN = 4.0
"""Weight of the answer to the start token: one token, but it tells speech from everything else."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Scalars: text, frame syllables, frame tones, where the decoder looks."""

    text: Tensor
    syllable: Tensor
    tone: Tensor
    look: Tensor

    def total(self, frame_weight: float) -> Tensor:
        return self.text + frame_weight * (self.syllable + 0.3 * self.tone) + 0.3 * self.look


def _noisy(inputs: Tensor, characters: int) -> Tensor:
    """Some characters (ids 1 to ``characters``) replaced, so that the decoder has to listen."""
    written = (inputs >= 1) & (inputs <= characters)
    hit = (torch.rand(inputs.shape) < TOKEN_NOISE) & written
    return torch.where(hit, torch.randint(1, characters + 1, inputs.shape), inputs)


def _look_loss(weights: Tensor, spans: Tensor) -> Tensor:
    """Minus log of the attention inside the span (widened by 40 ms), over tokens that have one."""
    has = spans[..., 0] >= 0
    w, s = weights[has], spans[has]
    t = torch.arange(w.shape[1])
    inside = (t >= s[:, :1] - SPARE_FRAMES) & (t < s[:, 1:] + SPARE_FRAMES)
    return -((w * inside).sum(1).clamp_min(1e-5)).log().mean()


def losses(net: NanoWhisper, batch: ExampleBatch, characters: int) -> Losses:
    """Run ``net`` on ``batch`` (bf16 autocast) and compare."""
    inputs, targets = (torch.from_numpy(a).long() for a in (batch.inputs, batch.targets))
    look, echo = (torch.from_numpy(a).int() for a in (batch.look, batch.echo))
    mel = torch.from_numpy(batch.mel)
    wanted = targets != IGNORE
    with torch.autocast("cpu", dtype=torch.bfloat16):
        memory = net.encode(mel.bfloat16())
        hidden, looks = net.decode(_noisy(inputs, characters), memory)
        logits = net.project(hidden[wanted])
        syllable, tone = net.syllable(memory), net.tone(memory)
    each = F.cross_entropy(
        logits.float(), targets[wanted], label_smoothing=SMOOTHING, reduction="none"
    )
    first = torch.zeros_like(targets, dtype=torch.float32)
    first[:, 0] = FIRST_TOKEN - 1
    weights = 1 + first[wanted]
    text = (each * weights).sum() / weights.sum()
    classes = torch.from_numpy(batch.syllable).long().flatten()
    tones = torch.from_numpy(batch.tone).long().flatten()
    return Losses(
        text,
        F.cross_entropy(syllable.float().flatten(0, 1), classes),
        F.cross_entropy(tone.float().flatten(0, 1), tones),
        # The first layer looks at the character just written, the last one at the next.
        0.5 * _look_loss(looks[0], echo) + _look_loss(looks[-1], look)
        if bool((look[..., 0] >= 0).any())
        else torch.zeros(()),
    )
