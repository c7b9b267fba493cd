"""``python -m models.training``: train, export and evaluate the bundled recogniser."""

from __future__ import annotations

import argparse
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("train", help="train from scratch, or go on with --resume")
    run.add_argument("folder", type=Path, help="where checkpoints go")
    run.add_argument("--minutes", type=float, default=100.0, help="minutes of computing")
    run.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    run.add_argument("--optimizer", choices=("adamw", "muon"), default="adamw")
    run.add_argument("--frames", type=int, default=7000, help="mel frames in a batch")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--producer-core", type=int, help="pin the synthesis process to this core")
    run.add_argument("--resume", action="store_true")
    made = commands.add_parser("export", help="write a checkpoint as a CTranslate2 model")
    made.add_argument("checkpoint", type=Path)
    made.add_argument("folder", type=Path)
    test = commands.add_parser("evaluate", help="hear held-out voices and sentences")
    test.add_argument("folder", type=Path)
    test.add_argument("--count", type=int, default=200, help="spoken windows")
    test.add_argument("--seed", type=int, default=2026)
    test.add_argument("--show", type=int, default=0, help="print the first so many")
    follow = commands.add_parser("watch", help="evaluate every checkpoint of a running training")
    follow.add_argument("folder", type=Path)
    follow.add_argument("--publish", type=Path, help="copy the best model there")
    ctc = commands.add_parser("train-ctc", help="the small CTC model that sherpa-onnx runs")
    ctc.add_argument("folder", type=Path, help="where checkpoints go")
    ctc.add_argument("--minutes", type=float, default=22.0, help="minutes of computing")
    ctc.add_argument("--seed", type=int, default=1)
    ctc.add_argument("--producer-core", type=int, help="pin the synthesis process to this core")
    ctc.add_argument("--resume", action="store_true")
    publish = commands.add_parser("publish-ctc", help="measure checkpoints, export the last")
    publish.add_argument("checkpoints", type=Path, nargs="+")
    publish.add_argument("folder", type=Path)
    publish.add_argument("--count", type=int, default=200, help="spoken windows")
    demo = commands.add_parser("demo-calls", help="render the demo calls")
    demo.add_argument("folder", type=Path)
    return parser


def main() -> None:
    args = _parser().parse_args()
    if args.command == "train":
        from models.training.train import TrainingRun, train

        settings = TrainingRun(
            folder=args.folder,
            minutes=args.minutes,
            rate=args.rate,
            optimizer=args.optimizer,
            frames=args.frames,
            seed=args.seed,
            producer_core=args.producer_core,
        )
        train(settings, resume=args.resume)
    elif args.command == "export":
        from models.training.export import export

        export(args.checkpoint, args.folder)
    elif args.command == "evaluate":
        from models.training.evaluate import evaluate, evaluation_windows

        report = evaluate(args.folder, evaluation_windows(args.count, args.seed), show=args.show)
        for name, value in report.row().items():
            print(f"{name:18} {value}")
    elif args.command == "train-ctc":
        from models.training.ctc.train import CtcSettings
        from models.training.ctc.train import train as train_ctc

        chosen = CtcSettings(
            folder=args.folder,
            minutes=args.minutes,
            seed=args.seed,
            producer_core=args.producer_core,
        )
        train_ctc(chosen, resume=args.resume)
    elif args.command == "publish-ctc":
        from models.training.ctc.evaluate import publish

        publish(args.checkpoints, args.folder, count=args.count)
    elif args.command == "demo-calls":
        from models.training.demo_calls import write_all

        write_all(args.folder)
    else:
        from models.training.curve import watch

        watch(args.folder, args.publish)


if __name__ == "__main__":
    main()
