"""Results replace regular files alone; whatever else stands at the path is written through."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.batch.files import write_json_lines
from api.outputs import OutputError, beside, check_writable, write_text

Writer = Callable[[Path], None]


def by_write_text(path: Path) -> None:
    write_text(path, ["结", "果\n"])


def by_beside(path: Path) -> None:
    with beside(path) as temporary:
        temporary.write_text("结果\n", "utf-8")


def by_json_lines(path: Path) -> None:
    write_json_lines(path, [{"a": 1}])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


every_writer = pytest.mark.parametrize("write", [by_write_text, by_beside, by_json_lines])


@every_writer
def test_a_fifo_is_written_through(tmp_path: Path, write: Writer) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()), daemon=True)
    reader.start()
    check_writable(fifo)
    write(fifo)
    reader.join(10)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert read[0]
    assert names(tmp_path) == ["fifo"]


@every_writer
def test_a_terminal_is_written_through(write: Writer) -> None:
    master, slave = os.openpty()
    device = Path(os.ttyname(slave))
    check_writable(device)
    write(device)
    assert os.read(master, 100)
    assert stat.S_ISCHR(device.stat().st_mode)
    os.close(master)
    os.close(slave)


if os.geteuid() == 0:  # Only root may make a device; nobody else could replace one either.

    @every_writer
    def test_root_does_not_replace_a_device(tmp_path: Path, write: Writer) -> None:
        null = tmp_path / "null"
        try:
            os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        except PermissionError:
            return  # A container without the right to make devices.
        check_writable(null)
        write(null)
        assert stat.S_ISCHR(null.stat().st_mode)


@every_writer
def test_a_symbolic_link_stays_one_and_its_file_is_written(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to("there/real")
    check_writable(link)
    write(link)
    assert link.is_symlink()
    assert real.read_bytes() != b"old"
    assert names(tmp_path / "there") == ["real"]


@every_writer
def test_a_link_to_what_is_not_there_yet_makes_it(tmp_path: Path, write: Writer) -> None:
    link = tmp_path / "link"
    link.symlink_to("real")
    write(link)
    assert link.is_symlink()
    assert (tmp_path / "real").is_file()


@every_writer
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, write: Writer) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")
    path.chmod(0o640)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() != b"old"


if os.geteuid() == 0:

    @every_writer
    def test_a_file_that_root_replaces_keeps_its_owner(tmp_path: Path, write: Writer) -> None:
        path = tmp_path / "r.json"
        path.write_text("old")
        os.chown(path, 12_345, 12_346)
        write(path)
        assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 12_346)


@pytest.mark.parametrize("redirected", [">", ">>"])
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_dev_stdout_goes_where_the_shell_sends_it(
    tmp_path: Path, name: str, redirected: str
) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    (tmp_path / "out").write_text("before\n")
    code = (
        "import pathlib, sys; from api.outputs import check_writable, write_text; print('first'); "
        "path = pathlib.Path(sys.argv[1]); check_writable(path); write_text(path, ['result'])"
    )
    target = name if name.startswith("/") else str(tmp_path / name)
    shell = f'"$1" -c "$2" "$3" {redirected} "$4"'
    subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, code, target, str(tmp_path / "out")], check=True
    )
    kept = "before\n" if redirected == ">>" else ""
    assert (tmp_path / "out").read_text() == kept + "first\nresult"


@every_writer
def test_a_full_device_is_told_in_one_sentence(tmp_path: Path, write: Writer) -> None:
    full = Path("/dev/full")
    if os.geteuid() == 0:  # Root could break the machine's own.
        full = tmp_path / "full"
        try:
            os.mknod(full, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        except PermissionError:
            return
    with pytest.raises(OutputError, match="no space left"):
        write(full)
    assert stat.S_ISCHR(full.stat().st_mode)


def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")

    def broken() -> object:
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        write_text(path, broken())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert names(tmp_path) == ["r.json"]
