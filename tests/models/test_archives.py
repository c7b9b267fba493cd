"""A published archive becomes a model's directory, from a file or from a server on this machine."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models import weights
from models.cache import cached
from models.catalogue import find
from models.errors import DownloadFailed, ModelError
from tests.models.sherpa.onnx_files import write

NAME = "paraformer"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """As the publisher packs it: a folder, the weights twice, recordings."""
    model = write(tmp_path / "m.onnx", {"model_type": "paraformer"}).read_bytes()
    packed = tmp_path / "sherpa-onnx-paraformer-zh.tar.bz2"
    with tarfile.open(packed, "w:bz2") as file:
        for path, content in {
            "model.onnx": model * 2,
            "model.int8.onnx": model,
            "tokens.txt": b"<blank> 0\n",
            "test_wavs/0.wav": b"RIFF",
            "../../escaped.onnx": model,
        }.items():
            member = tarfile.TarInfo(f"sherpa-onnx-paraformer-zh/{path}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return packed


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.usefixtures("cache")
def test_only_what_is_needed_is_taken_out_of_an_archive(archive: Path) -> None:
    path = weights.pull(NAME, source=str(archive))
    names = sorted(file.name for file in path.iterdir())
    assert names == ["manifest.json", "model.int8.onnx", "tokens.txt"]
    assert weights.verify(NAME).source == f"archive:{archive}"
    assert any(row.name == NAME and row.path == path for row in weights.list_models())
    assert archive.is_file()


@pytest.mark.usefixtures("cache")
def test_an_archive_is_fetched_from_its_address(archive: Path) -> None:
    told: list[tuple[int, int]] = []
    with served(archive.parent) as address:
        source = f"{address}/{archive.name}"
        path = weights.pull(
            NAME, source=source, progress=lambda done, all_: told.append((done, all_))
        )
    size = archive.stat().st_size
    assert told[-1] == (size, size)
    assert sorted(file.name for file in path.iterdir()) == [
        "manifest.json",
        "model.int8.onnx",
        "tokens.txt",
    ]


def damaged(archive: Path) -> str:
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    return str(archive)


def of_another_kind(archive: Path) -> str:
    archive.write_text("<html>")
    return str(archive)


def absent(archive: Path) -> str:
    return str(archive.with_name("nothing.tar.bz2"))


@pytest.mark.parametrize("spoil", [damaged, of_another_kind, absent])
@pytest.mark.usefixtures("cache")
def test_what_is_no_archive_leaves_nothing(archive: Path, spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(DownloadFailed, match="no archive"):
        weights.pull(NAME, source=spoil(archive))
    assert not cached(NAME).exists()


@pytest.mark.usefixtures("cache")
def test_an_archive_of_another_model_is_told(archive: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"encoder\.int8\.onnx"):
        weights.pull("fire-red-asr", source=str(archive))


@pytest.mark.usefixtures("cache")
def test_a_server_that_has_it_not_is_told() -> None:
    nobody = "http://127.0.0.1:9/model.tar.bz2"
    with pytest.raises(ModelError, match="no connection"):
        weights.pull(NAME, source=nobody)


def test_every_archive_is_of_the_publisher_and_lists_its_files() -> None:
    for name in ("sense-voice", "zipformer-streaming", "fire-red-asr"):
        model = find(name)
        assert model.archive.startswith("https://github.com/k2-fsa/sherpa-onnx/releases/")
        assert "tokens.txt" in model.files
