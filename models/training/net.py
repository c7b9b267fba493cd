"""A small Whisper in PyTorch, with the extra heads that make it learn on two cores.

The encoder also tells every 20-ms frame's toneless syllable and tone (synthetic speech knows
them exactly), and one cross-attention head of each decoder layer is shown where to look. The
extra heads are dropped at export; what remains is a plain Whisper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int = 192
    heads: int = 3
    encoder_layers: int = 5
    decoder_layers: int = 2
    vocabulary: int = 0
    syllables: int = 0
    positions: int = 448


def sinusoids(length: int, channels: int) -> Tensor:
    """Whisper's encoder positions [length, channels]."""
    scale = math.log(10000) / (channels // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-scale * torch.arange(channels // 2))[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class Attention(nn.Module):
    """Multi-head attention; no key bias, as in Whisper."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width, bias=False)
        self.v = nn.Linear(width, width)
        self.o = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        return x.view(b, t, self.heads, d // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, *, causal: bool = False) -> Tensor:
        b, t, d = x.shape
        q, k, v = self._split(self.q(x)), self._split(self.k(x)), self._split(self.v(x))
        # Written out: on CPU in bf16 this is up to twice as fast as the fused kernel.
        with torch.autocast("cpu", enabled=False):
            scores = (q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2)
            if causal:
                later = torch.ones(t, t, dtype=torch.bool).triu(1)
                scores = scores.masked_fill(later, float("-inf"))
            y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d)
        out: Tensor = self.o(y)
        return out

    def across(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Attention over ``memory``; also the weights of head 0, [B, L, T]."""
        b, t, d = x.shape
        q, k, v = self._split(self.q(x)), self._split(self.k(memory)), self._split(self.v(memory))
        weights = ((q @ k.transpose(-1, -2)).float() * (d // self.heads) ** -0.5).softmax(-1)
        y = (weights.to(v.dtype) @ v).transpose(1, 2).reshape(b, t, d)
        return self.o(y), weights[:, 0]


class Block(nn.Module):
    """A pre-norm transformer layer, with cross-attention in the decoder."""

    def __init__(self, width: int, heads: int, *, cross: bool) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.cross = Attention(width, heads) if cross else None
        self.cross_norm = nn.LayerNorm(width) if cross else None
        self.ffn_norm = nn.LayerNorm(width)
        self.ffn_in = nn.Linear(width, 4 * width)
        self.ffn_out = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        x = x + self.attention(self.attention_norm(x), causal=memory is not None)
        weights = None
        if self.cross is not None and self.cross_norm is not None and memory is not None:
            y, weights = self.cross.across(self.cross_norm(x), memory)
            x = x + y
        return x + self.ffn_out(F.gelu(self.ffn_in(self.ffn_norm(x)))), weights


class NanoWhisper(nn.Module):
    """Encoder [B, 80, 2T] to [B, T, D]; decoder tokens [B, L] to hidden states [B, L, D]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        d = shape.width
        self.conv1 = nn.Conv1d(80, d, 3, padding=1)
        self.conv2 = nn.Conv1d(d, d, 3, stride=2, padding=1)
        self.register_buffer("frames", sinusoids(1500, d), persistent=False)
        self.encoder = nn.ModuleList(
            Block(d, shape.heads, cross=False) for _ in range(shape.encoder_layers)
        )
        self.encoder_norm = nn.LayerNorm(d)
        self.embedding = nn.Embedding(shape.vocabulary, d)
        nn.init.normal_(self.embedding.weight, std=d**-0.5)
        self.positions = nn.Parameter(torch.randn(shape.positions, d) * 0.01)
        self.decoder = nn.ModuleList(
            Block(d, shape.heads, cross=True) for _ in range(shape.decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(d)
        self.syllable = nn.Linear(d, shape.syllables)
        self.tone = nn.Linear(d, 6)

    def encode(self, mel: Tensor) -> Tensor:
        """`mel` [batch, 80, frames] to [batch, frames / 2, width]."""
        x = F.gelu(self.conv1(mel))
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.get_buffer("frames")[: x.shape[1]]
        for block in self.encoder:
            x, _ = block(x)
        out: Tensor = self.encoder_norm(x)
        return out

    def decode(self, tokens: Tensor, memory: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Hidden states, and head 0's cross-attention of every layer."""
        x = self.embedding(tokens) + self.positions[: tokens.shape[1]]
        looks: list[Tensor] = []
        for block in self.decoder:
            x, weights = block(x, memory)
            looks.append(weights)
        return self.decoder_norm(x), looks

    def project(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary; the embedding is tied."""
        return hidden @ self.embedding.weight.T
