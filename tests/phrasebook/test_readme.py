from __future__ import annotations

import re
from pathlib import Path

import phrasebook
from phrasebook import load

README = Path(phrasebook.__file__).parent / "README.md"


def test_the_pack_of_the_readme_loads(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    path = tmp_path / "pack.yaml"
    path.write_text(found[1], encoding="utf-8")
    book = load(path)
    assert [entry.id for entry in book.entries] == ["dont-know"]
    assert [step.id for step in book.steps] == ["本次通话将会被录音", "closing"]


def test_the_question_of_the_readme_loads(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(asks:.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    path = tmp_path / "pack.yaml"
    path.write_text(found[1], encoding="utf-8")
    assert [ask.id for ask in load(path).asks] == ["讲清犹豫期"]
