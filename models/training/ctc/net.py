"""A causal convolutional CTC network in PyTorch: characters and blank, 25 times a second.

Three plain convolutions look at 370 ms of features, the blocks behind them only back. So the
same weights hear a whole window or a stream in chunks, and a stream gives what the window gives.
The syllable and tone heads make it learn; they are dropped at export.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training.ctc.fbank import BANDS

SUBSAMPLING = 4
SEEN_FRAMES = 37
"""Output i is made of the feature frames from 4 i on, this many, and of all before."""


@dataclass(frozen=True, slots=True)
class CtcShape:
    """Sizes of the network."""

    width: int = 256
    front: int = 192
    blocks: int = 9
    kernel: int = 15
    inner: int = 512
    vocabulary: int = 0
    """Characters and the blank, which is 0."""
    syllables: int = 0


class CausalBlock(nn.Module):
    """Looks back `kernel` - 1 frames in each channel, then mixes the channels of each frame."""

    def __init__(self, shape: CtcShape) -> None:
        super().__init__()
        self.past = shape.kernel - 1
        self.depth = nn.Conv1d(shape.width, shape.width, shape.kernel, groups=shape.width)
        self.norm = nn.LayerNorm(shape.width)
        self.inner = nn.Linear(shape.width, shape.inner)
        self.outer = nn.Linear(shape.inner, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, width] to the same."""
        seen = F.pad(x.transpose(1, 2), (self.past, 0))
        y = self.norm(self.depth(seen).transpose(1, 2))
        out: Tensor = x + self.outer(F.silu(self.inner(y)))
        return out


class NanoCtc(nn.Module):
    """Features [B, 80, T] to hidden states [B, (T - 37) // 4 + 1, width]."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: CtcShape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(BANDS, 1))
        self.register_buffer("deviation", torch.ones(BANDS, 1))
        self.front1 = nn.Conv1d(BANDS, shape.front, 5, stride=2)
        self.front2 = nn.Conv1d(shape.front, shape.width, 5, stride=2)
        self.front3 = nn.Conv1d(shape.width, shape.width, 7)
        self.front_norm = nn.LayerNorm(shape.width)
        self.blocks = nn.ModuleList(CausalBlock(shape) for _ in range(shape.blocks))
        self.last_norm = nn.LayerNorm(shape.width)
        self.character = nn.Linear(shape.width, shape.vocabulary)
        self.syllable = nn.Linear(shape.width, shape.syllables)
        self.tone = nn.Linear(shape.width, 6)

    def hidden(self, features: Tensor) -> Tensor:
        x = (features - self.mean) / self.deviation
        x = F.silu(self.front1(x))
        x = F.silu(self.front2(x))
        x = self.front_norm(self.front3(x).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.last_norm(x)
        return out

    def forward(self, features: Tensor) -> Tensor:
        """Log probabilities [B, T', vocabulary]."""
        logits: Tensor = self.character(self.hidden(features))
        return logits.log_softmax(-1)


def outputs(frames: int) -> int:
    """How many outputs so many feature frames give."""
    return max(0, (frames - SEEN_FRAMES) // SUBSAMPLING + 1)
