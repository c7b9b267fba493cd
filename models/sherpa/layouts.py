"""Which kind of sherpa-onnx model lies in a directory: told by its files and what they say.

    encoder + decoder + joiner      a transducer (Zipformer, Conformer, LSTM, NeMo)
    encoder + decoder               Whisper, FireRed, or an online Paraformer
    model                           SenseVoice, Paraformer, or one of the CTC families

and `tokens.txt` beside them. Where a file is there twice, the int8 one is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from models.errors import IncompleteModel, UnusableModel
from models.sherpa.metadata import metadata

__all__ = ["ModelKind", "ModelLayout", "is_sherpa", "read"]


class ModelKind(StrEnum):
    """Named as sherpa-onnx names the way to open it."""

    SENSE_VOICE = "sense_voice"
    PARAFORMER = "paraformer"
    TRANSDUCER = "transducer"
    NEMO_TRANSDUCER = "nemo_transducer"
    ZIPFORMER_CTC = "zipformer_ctc"
    WENET_CTC = "wenet_ctc"
    NEMO_CTC = "nemo_ctc"
    TELESPEECH_CTC = "telespeech_ctc"
    DOLPHIN_CTC = "dolphin_ctc"
    FIRE_RED = "fire_red_asr"
    FIRE_RED_CTC = "fire_red_asr_ctc"
    WHISPER = "whisper"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLayout:
    kind: ModelKind
    online: bool
    """It hears a stream as it comes, and tells what was said so far."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """`model`, or `encoder`, `decoder` and `joiner`; and `tokens`."""
    stated: Mapping[str, str] = field(default_factory=dict)
    """What the model's (or encoder's) file says about itself."""

    @property
    def takes_hotwords(self) -> bool:
        """sherpa-onnx bends the search of a transducer to expected words, and of nothing else."""
        return self.kind is ModelKind.TRANSDUCER

    @property
    def weights(self) -> Path:
        """The file that holds most of it."""
        models = [path for name, path in self.files.items() if name != "tokens"]
        return max(models, key=lambda path: path.stat().st_size)


def is_sherpa(directory: Path) -> bool:
    """Whether the directory holds ONNX files, and none that CTranslate2 would read."""
    return not (directory / "model.bin").exists() and any(directory.glob("*.onnx"))


def read(directory: Path) -> ModelLayout:
    """The layout of a directory of `is_sherpa`.

    Raises `IncompleteModel`, `CorruptModel` or `UnusableModel`.
    """
    tokens = _one(directory, "tokens", ".txt")
    if tokens is None:
        raise IncompleteModel(directory, ("tokens.txt",))
    encoder, decoder, joiner, model = (
        _one(directory, part, ".onnx") for part in ("encoder", "decoder", "joiner", "model")
    )
    if encoder is not None and decoder is not None:
        files = {"encoder": encoder, "decoder": decoder, "tokens": tokens}
        if joiner is not None:
            files["joiner"] = joiner
        return _of_parts(directory, files, metadata(encoder), joined=joiner is not None)
    if encoder is not None or joiner is not None:
        missing = [name for name, path in (("encoder", encoder), ("decoder", decoder)) if not path]
        raise IncompleteModel(directory, tuple(f"{name}.onnx" for name in missing))
    if model is None:
        model = _only(directory)
    for path in (model, tokens):
        if not path.stat().st_size:
            raise IncompleteModel(directory, (path.name,))
    stated = metadata(model)
    kind, online = _of_one(directory, stated)
    return ModelLayout(
        kind=kind, online=online, files={"model": model, "tokens": tokens}, stated=stated
    )


def _of_parts(
    directory: Path, files: dict[str, Path], stated: Mapping[str, str], *, joined: bool
) -> ModelLayout:
    online = bool(stated.keys() & {"decode_chunk_len", "window_size"})
    nemo = stated.get("model_type", "").startswith("EncDec")
    if joined:
        # An online one tells by its files that it is NeMo's; an offline one has to be told.
        kind = ModelKind.NEMO_TRANSDUCER if nemo else ModelKind.TRANSDUCER
        return ModelLayout(kind=kind, online=online, files=files, stated=stated)
    if "lfr_window_size" in stated:
        return ModelLayout(kind=ModelKind.PARAFORMER, online=True, files=files, stated=stated)
    if "n_mels" in stated or stated.get("model_type", "").startswith("whisper"):
        return ModelLayout(kind=ModelKind.WHISPER, online=False, files=files, stated=stated)
    if "cmvn_mean" in stated:
        return ModelLayout(kind=ModelKind.FIRE_RED, online=False, files=files, stated=stated)
    raise UnusableModel(directory, _said(stated), "an encoder of Whisper, FireRed or Paraformer")


_Sign = Callable[[Mapping[str, str]], bool]


def _type(name: str) -> _Sign:
    return lambda stated: stated.get("model_type", "").startswith(name)


def _has(*keys: str) -> _Sign:
    return lambda stated: stated.keys() >= set(keys)


_KINDS: tuple[tuple[_Sign, ModelKind, _Sign], ...] = (
    (_type("sense_voice"), ModelKind.SENSE_VOICE, lambda stated: False),
    (_type("paraformer"), ModelKind.PARAFORMER, lambda stated: False),
    (_type("zipformer2_ctc"), ModelKind.ZIPFORMER_CTC, _has("decode_chunk_len")),
    (_type("wenet_ctc"), ModelKind.WENET_CTC, _has("right_context", "cnn_module_kernel")),
    (_type("telespeech"), ModelKind.TELESPEECH_CTC, lambda stated: False),
    (_type("EncDec"), ModelKind.NEMO_CTC, _has("window_size")),
    (_has("cmvn_inv_stddev"), ModelKind.FIRE_RED_CTC, lambda stated: False),
    (_has("mean", "invstd"), ModelKind.DOLPHIN_CTC, lambda stated: False),
    (_has("lfr_window_size", "with_itn"), ModelKind.SENSE_VOICE, lambda stated: False),
    (_has("lfr_window_size"), ModelKind.PARAFORMER, lambda stated: False),
)
"""A sign, the kind it tells, and the sign that this one is online."""


def _of_one(directory: Path, stated: Mapping[str, str]) -> tuple[ModelKind, bool]:
    for is_kind, kind, is_online in _KINDS:
        if is_kind(stated):
            return kind, is_online(stated)
    raise UnusableModel(
        directory,
        _said(stated),
        "SenseVoice, Paraformer, FireRed, Dolphin, TeleSpeech, Zipformer, WeNet or NeMo CTC",
    )


def _said(stated: Mapping[str, str]) -> str:
    kind = stated.get("model_type", "")
    return f"a model of the kind {kind[:40]!r}" if kind else "a model that does not say its kind"


def _one(directory: Path, part: str, ending: str) -> Path | None:
    """`encoder.onnx`, `encoder-epoch-99-avg-1.int8.onnx` or `tiny-encoder.onnx`: int8 first, then
    the shortest name."""
    named = [
        path
        for path in directory.glob(f"*{ending}")
        if path.name.startswith(part) or path.name.split(".")[0].endswith(f"-{part}")
    ]
    return min(named, key=_preferred, default=None)


def _only(directory: Path) -> Path:
    """Some archives name their one model otherwise, such as `ctc-epoch-20-avg-1.onnx`."""
    return min(directory.glob("*.onnx"), key=_preferred)


def _preferred(path: Path) -> tuple[bool, int, str]:
    return "int8" not in path.name, len(path.name), path.name
