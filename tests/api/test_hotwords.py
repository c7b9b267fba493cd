"""A pack's rare words reach the recogniser by one line of the pack, beside those that are named."""

from __future__ import annotations

from pathlib import Path

from api.analyzer import Analyzer
from api.hearing import load_hearing
from api.settings import Settings
from tests.models import tiny_whisper

ENTRY = "entries: [{id: a, title: 甲, say: [我不知道], suggest: [我帮您查], tests: {hit: [我不知道]}}]\n"


def pack(folder: Path, line: str) -> Path:
    folder.mkdir()
    (folder / "pack.yaml").write_text(f"pack: {{name: p, version: '1'{line}}}\n{ENTRY}", "utf-8")
    return folder


def test_recordings_and_live_calls_are_heard_with_the_words_of_the_pack(tmp_path: Path) -> None:
    model = str(tiny_whisper.build(tmp_path / "model"))
    bare, own = pack(tmp_path / "bare", ""), pack(tmp_path / "own", ", hotwords: 尊享计划 犹豫期")

    def version(book: Path, named: str = "") -> str:
        return Analyzer(phrasebook=book, model=model, hotwords=named).recogniser.version

    assert version(own) == version(bare, "尊享计划 犹豫期") != version(bare)
    assert version(own, "明德") == version(bare, "明德 尊享计划 犹豫期")
    settings = Settings(data_dir=tmp_path / "data", phrasebook=own, model=model)
    assert load_hearing(settings).recogniser.version == version(own)
