"""A call comes to the same whether its sound is analysed or the words that were heard in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_words_of_a_call_come_to_the_hits_and_steps_of_its_sound(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks.sound_and_text", "--calls", "1"]
    subprocess.run([*command, "--json", str(result)], check=True, capture_output=True)
    told = json.loads(result.read_text("utf-8"))

    assert told["hits"] > 0
    assert (told["same_hits"], told["same_steps"]) == (1, 1)
