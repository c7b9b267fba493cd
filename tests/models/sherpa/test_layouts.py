"""A directory's files, and what they say of themselves, tell what kind of model it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from models import directory, weights
from models.errors import CorruptModel, IncompleteModel, ModelError, UnusableModel
from models.sherpa import layouts
from models.sherpa.layouts import ModelKind
from models.sherpa.metadata import metadata
from tests.models.sherpa.onnx_files import write

PARTS = ("encoder", "decoder", "joiner")
ONLINE = {"decode_chunk_len": "32", "T": "39"}


def laid_out(folder: Path, files: Mapping[str, Mapping[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, stated in files.items():
        write(folder / name, stated)
    (folder / "tokens.txt").write_text("<blk> 0\n你 1\n", "utf-8")
    return folder


PUBLISHED: list[tuple[str, dict[str, dict[str, str]], ModelKind, bool]] = [
    (
        "SenseVoice",
        {"model.int8.onnx": {"model_type": "sense_voice_ctc", "lang_zh": "3"}},
        ModelKind.SENSE_VOICE,
        False,
    ),
    ("Paraformer", {"model.int8.onnx": {"model_type": "paraformer"}}, ModelKind.PARAFORMER, False),
    (
        "Paraformer that says less",
        {"model.onnx": {"lfr_window_size": "7", "neg_mean": "1"}},
        ModelKind.PARAFORMER,
        False,
    ),
    (
        "online Paraformer",
        {"encoder.int8.onnx": {"lfr_window_size": "7"}, "decoder.int8.onnx": {}},
        ModelKind.PARAFORMER,
        True,
    ),
    (
        "Zipformer transducer",
        {f"{part}-epoch-20-avg-1.int8.onnx": {"model_type": "zipformer2"} for part in PARTS},
        ModelKind.TRANSDUCER,
        False,
    ),
    (
        "online Zipformer transducer",
        {f"{part}-epoch-99-avg-1.onnx": {"model_type": "zipformer", **ONLINE} for part in PARTS},
        ModelKind.TRANSDUCER,
        True,
    ),
    (
        "NeMo transducer",
        {f"{part}.onnx": {"model_type": "EncDecRNNTBPEModel"} for part in PARTS},
        ModelKind.NEMO_TRANSDUCER,
        False,
    ),
    (
        "Zipformer CTC",
        {"model.onnx": {"model_type": "zipformer2_ctc"}},
        ModelKind.ZIPFORMER_CTC,
        False,
    ),
    (
        "online Zipformer CTC",
        {"ctc-epoch-20-avg-1.int8.onnx": {"model_type": "zipformer2_ctc", **ONLINE}},
        ModelKind.ZIPFORMER_CTC,
        True,
    ),
    (
        "WeNet",
        {"model.onnx": {"model_type": "wenet_ctc", "subsampling_factor": "4"}},
        ModelKind.WENET_CTC,
        False,
    ),
    (
        "online WeNet",
        {
            "model-streaming.onnx": {
                "model_type": "wenet_ctc",
                "right_context": "6",
                "cnn_module_kernel": "15",
            }
        },
        ModelKind.WENET_CTC,
        True,
    ),
    ("NeMo CTC", {"model.onnx": {"model_type": "EncDecCTCModelBPE"}}, ModelKind.NEMO_CTC, False),
    (
        "online NeMo CTC",
        {"model.onnx": {"model_type": "EncDecHybridRNNTCTCBPEModel", "window_size": "105"}},
        ModelKind.NEMO_CTC,
        True,
    ),
    (
        "TeleSpeech",
        {"model.onnx": {"model_type": "telespeech_ctc"}},
        ModelKind.TELESPEECH_CTC,
        False,
    ),
    (
        "Dolphin",
        {"model.int8.onnx": {"mean": "1", "invstd": "1", "vocab_size": "2"}},
        ModelKind.DOLPHIN_CTC,
        False,
    ),
    (
        "FireRed",
        {"encoder.int8.onnx": {"cmvn_mean": "1"}, "decoder.int8.onnx": {}},
        ModelKind.FIRE_RED,
        False,
    ),
    (
        "FireRed CTC",
        {"model.int8.onnx": {"cmvn_mean": "1", "cmvn_inv_stddev": "1"}},
        ModelKind.FIRE_RED_CTC,
        False,
    ),
    (
        "Whisper",
        {"tiny-encoder.int8.onnx": {"n_mels": "80"}, "tiny-decoder.int8.onnx": {}},
        ModelKind.WHISPER,
        False,
    ),
]


@pytest.mark.parametrize(
    ("files", "kind", "online"),
    [row[1:] for row in PUBLISHED],
    ids=[row[0] for row in PUBLISHED],
)
def test_published_directories_are_told_apart(
    files: dict[str, dict[str, str]], kind: ModelKind, online: bool, tmp_path: Path
) -> None:
    found = layouts.read(laid_out(tmp_path / "model", files))
    assert (found.kind, found.online) == (kind, online)
    assert found.files["tokens"].name == "tokens.txt"
    assert found.takes_hotwords is (kind is ModelKind.TRANSDUCER)


def test_of_two_sizes_the_small_one_is_taken(tmp_path: Path) -> None:
    said = {"model_type": "paraformer"}
    folder = laid_out(tmp_path / "model", {"model.onnx": said, "model.int8.onnx": said})
    assert layouts.read(folder).files["model"].name == "model.int8.onnx"


def test_tokens_may_be_named_after_the_model(tmp_path: Path) -> None:
    files: dict[str, dict[str, str]] = {
        "base-encoder.onnx": {"n_mels": "80"},
        "base-decoder.onnx": {},
    }
    folder = laid_out(tmp_path / "model", files)
    (folder / "tokens.txt").rename(folder / "base-tokens.txt")
    assert layouts.read(folder).files["tokens"].name == "base-tokens.txt"


BAD: list[tuple[str, dict[str, dict[str, str]], type[ModelError], str]] = [
    ("no decoder", {"encoder.onnx": {"n_mels": "80"}}, IncompleteModel, "decoder.onnx"),
    ("no kind", {"model.onnx": {}}, UnusableModel, "does not say its kind"),
    ("speaks", {"model.onnx": {"model_type": "vits"}}, UnusableModel, "'vits'"),
    (
        "strange parts",
        {"encoder.onnx": {"model_type": "x"}, "decoder.onnx": {}},
        UnusableModel,
        "encoder of Whisper",
    ),
]


@pytest.mark.parametrize(
    ("files", "error", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_directory_that_cannot_be_used_is_told_in_one_sentence(
    files: dict[str, dict[str, str]], error: type[ModelError], told: str, tmp_path: Path
) -> None:
    folder = laid_out(tmp_path / "model", files)
    with pytest.raises(error) as raised:
        directory.check(folder)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_tokens_are_asked_for(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "model", {"model.onnx": {"model_type": "paraformer"}})
    (folder / "tokens.txt").unlink()
    with pytest.raises(IncompleteModel, match=r"tokens\.txt"):
        weights.resolve(str(folder))


@pytest.mark.parametrize("kept", [0, 1, 5, 40])
def test_a_file_cut_short_or_of_another_kind_is_damaged(kept: int, tmp_path: Path) -> None:
    path = write(tmp_path / "model.onnx", {"model_type": "paraformer"}, graph=b"\x0a\x40" * 40)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CorruptModel):
        metadata(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(CorruptModel):
        metadata(path)


def test_a_large_graph_is_stepped_over(tmp_path: Path) -> None:
    said = {"model_type": "paraformer", "neg_mean": "1," * 9_000}
    path = write(tmp_path / "model.onnx", said, graph=bytes(4_000_000))
    assert metadata(path) == said
