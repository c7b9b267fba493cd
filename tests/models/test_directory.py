from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import directory, manifest
from models.errors import CorruptModel, IncompleteModel
from models.manifest import ModelManifest


def stated(model: Path) -> Path:
    names = [file.name for file in model.iterdir()]
    manifest.write(model, ModelManifest(name="tiny", files=manifest.digests(model, names)))
    return model


def test_a_whole_directory_passes(model: Path) -> None:
    assert directory.check(model) == ModelManifest()


def test_a_stock_directory_is_padded_to_30_s(model: Path) -> None:
    assert not directory.check(model).short_windows
    assert directory.check(model).max_window_ms == 30_000


@pytest.mark.parametrize("name", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_missing_file_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(IncompleteModel, match=name):
        directory.check(model)


def test_an_empty_directory_tells_everything_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IncompleteModel) as error:
        directory.check(tmp_path)
    assert len(error.value.missing) == 4


@pytest.mark.parametrize(
    "content", [b"", b"<html>not found</html>" * 10, b"\x06\0\0\0" + b"x" * 99]
)
def test_weights_of_another_kind_are_refused(model: Path, content: bytes) -> None:
    (model / "model.bin").write_bytes(content)
    with pytest.raises(CorruptModel, match=r"model\.bin"):
        directory.check(model)


def test_a_broken_tokenizer_is_refused(model: Path) -> None:
    (model / "tokenizer.json").write_text("{")
    with pytest.raises(CorruptModel, match=r"tokenizer\.json"):
        directory.check(model)


def test_cut_off_weights_are_seen_at_once(model: Path) -> None:
    stated(model)
    weights = model / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(CorruptModel, match="bytes"):
        directory.check(model)


def test_one_flipped_bit_is_found_by_verify(model: Path) -> None:
    directory.verify(stated(model))
    weights = model / "model.bin"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(content)
    directory.check(model)
    with pytest.raises(CorruptModel, match="sha256"):
        directory.verify(model)


def test_a_listed_file_that_is_gone_is_found(model: Path) -> None:
    stated(model)
    (model / "preprocessor_config.json").unlink()
    with pytest.raises(IncompleteModel, match="preprocessor_config"):
        directory.verify(model)


def test_a_manifest_survives_writing_and_reading(model: Path) -> None:
    written = ModelManifest(
        name="nano",
        synthetic=True,
        short_windows=True,
        max_window_ms=9_000,
        files=manifest.digests(model, ["config.json"]),
    )
    manifest.write(model, written)
    assert manifest.read(model) == written
    assert written.size_bytes == (model / "config.json").stat().st_size


@pytest.mark.parametrize("content", ["[]", "{", '{"sha256": {"model.bin": "0"}}', '{"sha256": 7}'])
def test_an_unreadable_manifest_is_an_error_not_a_crash(model: Path, content: str) -> None:
    (model / "manifest.json").write_text(content)
    with pytest.raises(CorruptModel, match="manifest"):
        directory.check(model)


def test_keys_of_a_newer_manifest_are_left_alone(model: Path) -> None:
    (model / "manifest.json").write_text(json.dumps({"name": "x", "trained_hours": 3}))
    assert manifest.read(model).name == "x"


def test_a_model_of_our_recipe_hears_short_windows(model: Path) -> None:
    (model / "manifest.json").write_text(json.dumps({"name": "nano_zh", "synthetic": True}))
    assert manifest.read(model).short_windows
    assert manifest.read(model).max_window_ms == 9_000
