"""From a checkpoint to a directory that CTranslate2 and stock faster-whisper load (int8)."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ctranslate2.specs import whisper_spec
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn

from models.training import vocabulary
from models.training.net import Attention, Block, NanoWhisper, Shape, sinusoids


def load(checkpoint: Path) -> tuple[NanoWhisper, dict[str, Any]]:
    """The network of a checkpoint, and its counters (step, seconds, audio_s)."""
    state = torch.load(checkpoint, map_location="cpu")
    net = NanoWhisper(Shape(**state["shape"]))
    net.load_state_dict(state["net"])
    return net.eval(), {k: state[k] for k in ("step", "seconds", "audio_s")}


def _array(t: Tensor) -> Any:
    return np.ascontiguousarray(t.detach().float().numpy())


def _norm(spec: Any, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _linear(spec: Any, linear: nn.Linear) -> None:
    spec.weight, spec.bias = _array(linear.weight), _array(linear.bias)


def _attention(spec: Any, attention: Attention, *, cross: bool) -> None:
    """CTranslate2 fuses q, k, v (or k, v); Whisper's missing key bias becomes zeros."""
    q, k, v = attention.q, attention.k, attention.v
    no_bias = np.zeros(k.weight.shape[0], np.float32)
    if cross:
        _linear(spec.linear[0], q)
        spec.linear[1].weight = np.concatenate([_array(k.weight), _array(v.weight)])
        spec.linear[1].bias = np.concatenate([no_bias, _array(v.bias)])
    else:
        spec.linear[0].weight = np.concatenate([_array(p.weight) for p in (q, k, v)])
        spec.linear[0].bias = np.concatenate([_array(q.bias), no_bias, _array(v.bias)])
    _linear(spec.linear[-1], attention.o)


def _block(spec: Any, block: Block) -> None:
    _norm(spec.self_attention.layer_norm, block.attention_norm)
    _attention(spec.self_attention, block.attention, cross=False)
    if block.cross is not None and block.cross_norm is not None:
        _norm(spec.attention.layer_norm, block.cross_norm)
        _attention(spec.attention, block.cross, cross=True)
    _norm(spec.ffn.layer_norm, block.ffn_norm)
    _linear(spec.ffn.linear_0, block.ffn_in)
    _linear(spec.ffn.linear_1, block.ffn_out)


def specification(net: NanoWhisper) -> Any:
    """The network as a CTranslate2 Whisper."""
    shape = net.shape
    spec = whisper_spec.WhisperSpec(
        shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads
    )
    encoder, decoder = spec.encoder, spec.decoder
    conv: Any
    own: Any
    for conv, own in ((encoder.conv1, net.conv1), (encoder.conv2, net.conv2)):
        conv.weight, conv.bias = _array(own.weight), _array(own.bias)
    encoder.position_encodings.encodings = _array(sinusoids(1500, shape.width))
    _norm(encoder.layer_norm, net.encoder_norm)
    _norm(decoder.layer_norm, net.decoder_norm)
    decoder.embeddings.weight = _array(net.embedding.weight)
    decoder.projection.weight = _array(net.embedding.weight)
    decoder.position_encodings.encodings = _array(net.positions)
    layer: Any
    block: Any
    for layer, block in zip(encoder.layer, net.encoder, strict=True):
        _block(layer, block)
    for layer, block in zip(decoder.layer, net.decoder, strict=True):
        _block(layer, block)
    ids = vocabulary.ids()
    spec.register_vocabulary(list(vocabulary.tokens()))
    spec.config.suppress_ids = [ids[vocabulary.UNKNOWN]]
    # Whisper forbids an empty answer here; ours says "no speech" with one.
    spec.config.suppress_ids_begin = [ids[vocabulary.UNKNOWN]]
    spec.config.lang_ids = [ids[vocabulary.CHINESE]]
    # Training shows head 0 of the last layer where the next character is.
    spec.config.alignment_heads = [[shape.decoder_layers - 1, 0]]
    return spec


def tokenizer() -> Tokenizer:
    """One token a character, as a Hugging Face tokenizer."""
    made = Tokenizer(models.WordLevel(vocabulary.ids(), unk_token=vocabulary.UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(t, special=True) for t in vocabulary.SPECIAL])
    return made


def version(day: datetime | None = None) -> str:
    return f"nano_zh-{(day or datetime.now(UTC)):%Y.%m.%d}"


def export(checkpoint: Path, folder: Path, summary: dict[str, Any] | None = None) -> Path:
    """Write the model to ``folder``, aside first; README.md and other own files there are kept."""
    net, counters = load(checkpoint)
    spec = specification(net)
    spec.validate()
    spec.optimize(quantization="int8")
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    spec.save(str(aside))
    tokenizer().save(str(aside / "tokenizer.json"))
    features = {
        "feature_size": 80,
        "sampling_rate": 16000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
    }
    (aside / "preprocessor_config.json").write_text(json.dumps(features, indent=2) + "\n")
    files = sorted(p for p in aside.iterdir())
    manifest = {
        "name": "nano_zh",
        "version": version(),
        "synthetic": True,
        "parameters": sum(p.numel() for p in net.parameters()),
        "training": {
            "steps": counters["step"],
            "cpu_minutes": round(counters["seconds"] / 60, 1),
            "audio_hours": round(counters["audio_s"] / 3600, 1),
        },
        "evaluation": summary or {},
        "sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
        "bytes": {p.name: p.stat().st_size for p in files},
    }
    (aside / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(aside.iterdir(), key=lambda p: p.name == "manifest.json"):
        path.replace(folder / path.name)
    aside.rmdir()
    return folder
