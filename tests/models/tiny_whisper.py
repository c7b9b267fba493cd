"""A Whisper directory in CTranslate2's format with random weights: the right shape, no sense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SPECIAL = (
    "<unk>",
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|zh|>",
    "<|transcribe|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
CHARACTERS = tuple("我不知道您好请问有什么可以帮您的吗谢来电再见ABC123，。")
VOCABULARY = (*SPECIAL, *dict.fromkeys(CHARACTERS))
_WIDTH, _HEADS, _LAYERS = 32, 2, 1


def build(path: Path, *, seed: int = 0) -> Path:
    """Write the directory; it loads in a few milliseconds."""
    from ctranslate2.specs import whisper_spec

    rng = np.random.default_rng(seed)
    spec = whisper_spec.WhisperSpec(_LAYERS, _HEADS, _LAYERS, _HEADS)

    def noise(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) * 0.2).astype(np.float32)

    def norm(target: Any) -> None:
        target.gamma, target.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)

    def linear(target: Any, outputs: int, inputs: int) -> None:
        target.weight, target.bias = noise(outputs, inputs), np.zeros(outputs, np.float32)

    def attention(target: Any, sizes: tuple[int, ...]) -> None:
        norm(target.layer_norm)
        for part, outputs in zip(target.linear, sizes, strict=True):
            linear(part, outputs, _WIDTH)

    def feed_forward(target: Any) -> None:
        norm(target.layer_norm)
        linear(target.linear_0, 4 * _WIDTH, _WIDTH)
        linear(target.linear_1, _WIDTH, 4 * _WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = noise(_WIDTH, 80, 3), noise(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = noise(_WIDTH, _WIDTH, 3), noise(_WIDTH)
    encoder.position_encodings.encodings = noise(1500, _WIDTH)
    norm(encoder.layer_norm)
    decoder.embeddings.weight = noise(len(VOCABULARY), _WIDTH)
    decoder.position_encodings.encodings = noise(448, _WIDTH)
    decoder.projection.weight = decoder.embeddings.weight
    norm(decoder.layer_norm)
    for layer in encoder.layer:
        attention(layer.self_attention, (3 * _WIDTH, _WIDTH))
        feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.self_attention, (3 * _WIDTH, _WIDTH))
        attention(layer.attention, (_WIDTH, 2 * _WIDTH, _WIDTH))
        feed_forward(layer.ffn)
    spec.register_vocabulary(list(VOCABULARY))
    spec.config.suppress_ids = [0]
    spec.config.suppress_ids_begin = [1]
    spec.config.lang_ids = [3]
    spec.config.alignment_heads = [[0, 0], [0, 1]]
    spec.validate()
    spec.optimize(quantization="int8")
    path.mkdir(parents=True, exist_ok=True)
    spec.save(str(path))
    _save_tokenizer(path)
    return path


def _save_tokenizer(path: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    ids = {token: number for number, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.save(str(path / "tokenizer.json"))
    (path / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
