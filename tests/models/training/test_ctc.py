"""The recipe of the small CTC model: batches, one step, and both exports against the network."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (pip install '.[train]')")
pytest.importorskip("onnx", reason="onnx is not installed (pip install '.[train]')")
pytest.importorskip("kaldi_native_fbank", reason="not installed (pip install '.[train]')")

from models.sherpa import layouts  # noqa: E402
from models.sherpa.layouts import ModelKind  # noqa: E402
from models.training.ctc.batches import collate, plan_at  # noqa: E402
from models.training.ctc.export import export, load  # noqa: E402
from models.training.ctc.fbank import SILENCE, fbank  # noqa: E402
from models.training.ctc.net import SEEN_FRAMES, outputs  # noqa: E402
from models.training.ctc.train import build, losses  # noqa: E402
from models.training.samples import ExamplePlan, Maker  # noqa: E402


def test_silence_has_the_floor_that_examples_are_padded_with() -> None:
    features = fbank(np.zeros(16_000, np.float32))
    assert features.shape == (80, 100)
    assert np.allclose(features, SILENCE, atol=1e-4)


def test_the_curriculum_widens_and_has_no_windows_of_30_s() -> None:
    plans = [plan_at(progress) for progress in (0.0, 0.05, 0.2, 0.9)]
    assert [plan.garbage for plan in plans] == sorted(plan.garbage for plan in plans)
    assert all(plan.long == 0 and plan.timestamps == 0 for plan in plans)


@pytest.mark.usefixtures("espeak")
def test_a_step_lowers_the_loss_and_each_character_has_its_place() -> None:
    maker = Maker(1, features=lambda samples, _louder: fbank(samples))
    batch = collate(
        [maker.draw(ExamplePlan(garbage=0.0, cut=0.0, timestamps=0.0)) for _ in range(4)]
    )
    for row, count in zip(batch.wanted, batch.counts, strict=True):
        changes = np.flatnonzero(np.diff(np.concatenate([[0], row])))
        assert sum(row[at] > 0 for at in changes) == pytest.approx(count, abs=2)
    assert batch.lengths.max() == batch.wanted.shape[1]
    net = build(1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
    totals = []
    for _ in range(4):
        optimiser.zero_grad()
        total = losses(net, batch).total(0.5)
        torch.autograd.backward(total)
        optimiser.step()
        totals.append(total.item())
    assert totals[-1] < totals[0]


def test_both_exports_compute_what_the_network_does(tmp_path: Path) -> None:
    import onnxruntime

    torch.manual_seed(3)
    net = build(3).eval()
    checkpoint = tmp_path / "last.pt"
    state = {"net": net.state_dict(), "shape": asdict(net.shape)}
    torch.save(state | {"step": 1, "seconds": 60.0, "audio_s": 3_600.0}, checkpoint)
    export(checkpoint, tmp_path / "made")
    assert load(checkpoint)[1]["step"] == 1
    found = [layouts.read(tmp_path / "made" / name) for name in ("offline", "online")]
    assert [(one.kind, one.online) for one in found] == [
        (ModelKind.ZIPFORMER_CTC, False),
        (ModelKind.WENET_CTC, True),
    ]
    features = torch.randn(1, 80, 200) * 4 - 6
    session = onnxruntime.InferenceSession(str(found[0].files["model"]))
    got, lengths = session.run(
        None,
        {"x": features.transpose(1, 2).numpy(), "x_lens": np.array([200], np.int64)},
    )
    silence = torch.full((1, 80, SEEN_FRAMES - 1), SILENCE)
    with torch.no_grad():
        want = net(torch.cat([features, silence], 2)).numpy()
    assert got.shape == want.shape == (1, outputs(200 + SEEN_FRAMES - 1), net.shape.vocabulary)
    assert lengths.tolist() == [got.shape[1]]
    # Weights are rounded to eight bits: close, not equal.
    assert np.abs(np.exp(got) - np.exp(want)).max() < 0.05
