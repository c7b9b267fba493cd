from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (pip install '.[train]')")

from models.training import vocabulary as v  # noqa: E402
from models.training.batches import collate, plan_at  # noqa: E402
from models.training.net import NanoWhisper, Shape  # noqa: E402
from models.training.train import TrainingRun, build, rate_at, save  # noqa: E402

TINY = Shape(
    width=32,
    heads=2,
    encoder_layers=1,
    decoder_layers=2,
    vocabulary=len(v.tokens()),
    syllables=len(v.syllable_ids()) + 1,
)


def test_the_rate_warms_up_holds_and_falls() -> None:
    rates = [rate_at(p, s, 1.0) for p, s in ((0, 0), (0.2, 5000), (0.8, 5000), (1.0, 5000))]
    assert rates[0] <= 0.01
    assert rates[1] == 1.0
    assert rates[1] > rates[2] > rates[3] > 0


def test_long_windows_come_last() -> None:
    assert plan_at(0.0).long == 0
    assert plan_at(0.99).long > plan_at(0.4).long > 0


def test_a_network_of_the_recipes_size_is_small(tmp_path: Path) -> None:
    net = build(TrainingRun(folder=tmp_path))
    assert sum(p.numel() for p in net.parameters()) < 6e6


@pytest.mark.usefixtures("espeak")
def test_one_step_lowers_the_loss_and_the_export_decodes_alike(tmp_path: Path) -> None:
    from models.training.evaluate import ShortWindowDecoder
    from models.training.export import export
    from models.training.losses import losses
    from models.training.samples import ExamplePlan, Maker

    torch.manual_seed(1)
    maker = Maker(1)
    examples = [maker.draw(ExamplePlan(garbage=0.0, cut=0.0)) for _ in range(4)]
    batch = collate(examples, max(e.mel.shape[1] for e in examples))
    net = NanoWhisper(TINY)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    seen = []
    for _ in range(6):
        loss = losses(net, batch, len(v.known_characters())).total(1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(float(loss.detach()))
    assert seen[-1] < seen[0]
    checkpoint = tmp_path / "last.pt"
    from dataclasses import asdict

    save(
        checkpoint,
        {
            "net": net.state_dict(),
            "shape": asdict(TINY),
            "optimizers": [],
            "step": 6,
            "seconds": 1.0,
            "audio_s": 1.0,
        },
    )
    export(checkpoint, tmp_path / "model")
    heard = ShortWindowDecoder(tmp_path / "model").hear(np.zeros(16000, np.float32))
    assert heard.no_speech < 1
