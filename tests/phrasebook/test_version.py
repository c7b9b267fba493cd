from __future__ import annotations

from pathlib import Path

import pytest

from phrasebook import load

PACK = """
pack: {name: x, version: 2}
entries:
- {id: a, say: '我[真的]不知道', suggest: 好}
- {id: b, say: 保证, suggest: 好}
"""

SAME_ELSEWHERE = {
    "z.yaml": """# 备注
entries:
- id: b
  suggest: [好]
  say: 保证
pack: {version: "2", name: x}
""",
    "c.yaml": """entries:
- id: a
  who: agent
  title: 我[真的]不知道
  suggest: [好]
  say:
  - 我 ［真的］ 不知道。
""",
}


def version_of(folder: Path, **files: str) -> str:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder).version


def test_a_version_is_the_packs_own_number_and_a_hash(tmp_path: Path) -> None:
    own, _, content = version_of(tmp_path / "p", **{"x.yaml": PACK}).partition("+")
    assert own == "2"
    assert len(content) == 12


def test_layout_order_and_spelling_do_not_change_it(tmp_path: Path) -> None:
    first = version_of(tmp_path / "one", **{"x.yaml": PACK})
    assert version_of(tmp_path / "two", **SAME_ELSEWHERE) == first


@pytest.mark.parametrize(
    ("old", "new"),
    [("我[真的]", "我[也]"), ("id: b", "id: c"), ("保证, ", "保证, fatal: 是, ")],
    ids=["say", "id", "fatal"],
)
def test_content_changes_it(old: str, new: str, tmp_path: Path) -> None:
    first = version_of(tmp_path / "one", **{"x.yaml": PACK})
    assert version_of(tmp_path / "two", **{"x.yaml": PACK.replace(old, new)}) != first
