"""The recipes for containers and for machines without internet say what is true of the product."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from api.settings import PREFIX, Settings
from api.settings_load import ELSEWHERE

ROOT = Path(__file__).parents[3]
DEPLOY = Path(str(files("api") / "deploy"))


def test_the_container_sets_settings_that_exist_and_starts_what_there_is() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    known = {PREFIX + name.upper() for name in Settings.model_fields} | ELSEWHERE
    assert set(re.findall(r"QA_ENGINE_[A-Z_]+", text)) <= known
    assert re.search(r'^CMD \["serve", "--drain", "60s"\]$', text, re.MULTILINE)
    extras = re.findall(r'"/src\[([\w,]+)\]"', text)[0].split(",")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(f"\n{extra} = [" in project for extra in extras)
    help_text = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", "serve", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--drain" in help_text


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # Only our own wheel: what it needs is taken from the interpreter that runs the tests.
    here = ":".join(path for path in sys.path if path.endswith("site-packages"))
    alone = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHON": sys.executable}
    alone |= {"PYTHONPATH": here, "PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [str(part) for part in command],
        env=os.environ | alone | environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("offline") / "bundle"
    gathered = run("sh", DEPLOY / "gather.sh", made)
    assert gathered.returncode == 0, gathered.stderr
    return made


def installed_before(bundle: Path, where: Path) -> Path:
    """An installation of the version that the bundle has, of other code; gives a file of it."""
    (wheel,) = (bundle / "wheels").glob("qa_engine-*.whl")
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": where, "platbase": where}))
    about = packages / f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
    about.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        (about / "METADATA").write_bytes(archive.read(f"{about.name}/METADATA"))
    (about / "INSTALLER").write_text("pip\n")
    (about / "RECORD").write_text("".join(f"{name},,\n" for name in ("api/__init__.py",)))
    old = packages / "api" / "__init__.py"
    old.parent.mkdir()
    old.write_text("OLD = True\n")
    return old


def test_what_was_gathered_installs_without_a_network_also_over_the_same_version(
    bundle: Path, tmp_path: Path
) -> None:
    # An index that nobody answers: whoever asked it would fail.
    nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/"}
    where = tmp_path / "installed"
    old = installed_before(bundle, where)
    done = run("sh", bundle / "install.sh", where, **nobody)
    assert done.returncode == 0, done.stderr
    assert "OLD" not in old.read_text("utf-8")
    shown = run(where / "bin" / "qa-engine", "models", "list", **nobody)
    assert "nano_zh" in shown.stdout


def test_a_bundle_that_was_damaged_or_made_for_another_machine_is_refused(
    bundle: Path, tmp_path: Path
) -> None:
    made_for = bundle / "MADE_FOR"
    true = made_for.read_text()
    made_for.write_text("3 4 Linux vax\n")
    damaged = run("sh", bundle / "install.sh", tmp_path / "one")
    sums = bundle / "SHA256SUMS"
    kept = sums.read_text()
    sums.write_text("".join(line for line in kept.splitlines(True) if "MADE_FOR" not in line))
    other = run("sh", bundle / "install.sh", tmp_path / "two")
    sums.write_text(kept)
    made_for.write_text(true)
    assert (damaged.returncode, "damaged on its way" in damaged.stderr) == (1, True)
    assert (other.returncode, "gathered for Python 3 4 Linux vax" in other.stderr) == (2, True)
