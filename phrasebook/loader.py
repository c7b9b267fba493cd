"""A pack on disk → `Phrasebook`, or everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

from phrasebook import sheets
from phrasebook.build import build
from phrasebook.errors import Code, Problems
from phrasebook.files import read_bytes
from phrasebook.model import Phrasebook, Where
from phrasebook.nodes import Fields
from phrasebook.yaml_nodes import read_yaml

YAML_SUFFIXES = (".yaml", ".yml")


def load(path: Path) -> Phrasebook:
    """Read a directory of `*.yaml` as one pack, or one file; a workbook or a folder of CSV too.

    Subdirectories are not followed. Raises `PhrasebookErrors` with all mistakes, each with its
    file, its line or cell, and its code.
    """
    path = Path(path)
    if _is_sheets(path):
        return sheets.load(path)
    problems = Problems()
    files = _files(path, problems)
    parts = [_read(file, problems) for file in files]
    return build(
        [part for part in parts if part is not None],
        name=path.resolve().name if path.is_dir() else path.stem,
        problems=problems,
        whole=None not in parts,
    )


def load_text(text: str, name: str) -> Phrasebook:
    """A pack kept as the text of one YAML file. Raises `PhrasebookErrors`."""
    problems = Problems()
    part = read_yaml(text, f"{name}.yaml", problems)
    return build([part] if part else [], name=name, problems=problems, whole=part is not None)


def bundled(name: str = "zh_call_center") -> Path:
    """The directory of a pack that comes with the product: `zh_call_center` or `zh_ticket`."""
    return Path(__file__).parent / name


def _is_sheets(path: Path) -> bool:
    if path.is_dir():
        suffixes = {file.suffix.lower() for file in path.iterdir()}
        return sheets.CSV_SUFFIX in suffixes and suffixes.isdisjoint(YAML_SUFFIXES)
    return path.suffix.lower() in (sheets.WORKBOOK_SUFFIX, sheets.CSV_SUFFIX)


def _files(path: Path, problems: Problems) -> list[Path]:
    where = Where(path=str(path), line=0)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in YAML_SUFFIXES)
        if not files:
            message = "the directory holds no *.yaml file; expected a phrasebook pack"
            problems.add(where, Code.EMPTY_PACK, message)
    elif path.exists():
        files = [path]
    else:
        message = "no such file or directory; expected a phrasebook pack"
        problems.add(where, Code.MISSING_PATH, message)
    problems.raise_any()
    return files


def _read(path: Path, problems: Problems) -> Fields | None:
    data = read_bytes(path, problems)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "not UTF-8 text" + ("; it may be GBK: save it as UTF-8" if _is_gbk(data) else "")
        problems.add(Where(path=str(path), line=line), Code.ENCODING, message)
        return None
    return read_yaml(text, str(path), problems)


def _is_gbk(data: bytes) -> bool:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True
