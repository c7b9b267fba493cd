"""Fetching, keeping and checking weights, against a Hub on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import models
from models import manifest, weights
from models.cache import cached
from models.errors import CorruptModel, DownloadFailed, IncompleteModel, ModelError, UnknownModel
from tests.models.hub import REVISION, Hub, serve
from tests.models.sherpa.onnx_files import write


@pytest.fixture
def hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serve(model) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


@pytest.mark.usefixtures("cache")
def test_a_published_model_is_fetched_once(hub: Hub) -> None:
    path = weights.pull("tiny")
    asked = len(hub.asked)
    assert weights.pull("tiny") == path
    assert len(hub.asked) == asked
    assert (path / "model.bin").read_bytes() == (hub.folder / "model.bin").read_bytes()


@pytest.mark.usefixtures("cache")
def test_a_fetched_model_says_where_it_came_from_and_verifies(hub: Hub) -> None:
    path = weights.pull("tiny")
    stated = weights.verify("tiny")
    assert stated.source == f"hub:Systran/faster-whisper-tiny@{REVISION}"
    assert set(stated.files) == {file.name for file in hub.folder.iterdir()}
    assert sorted(file.name for file in path.parent.iterdir()) == ["tiny", "tiny.lock"]


@pytest.mark.usefixtures("cache")
def test_progress_counts_up_to_all_the_bytes(hub: Hub) -> None:
    told: list[tuple[int, int]] = []
    weights.pull("tiny", progress=lambda done, total: told.append((done, total)))
    size = sum(file.stat().st_size for file in hub.folder.iterdir())
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.usefixtures("cache")
def test_a_fetched_model_opens_by_name(hub: Hub) -> None:
    assert models.open_recogniser("tiny", threads=1).name == "tiny"
    assert any(row.name == "tiny" and row.path for row in weights.list_models())


@pytest.mark.usefixtures("hub")
def test_a_connection_that_breaks_leaves_nothing_and_the_next_try_succeeds(
    hub: Hub, cache: Path
) -> None:
    # The Hub client itself tries five times: each of them meets a short answer.
    content = (hub.folder / "model.bin").read_bytes()
    hub.lies["model.bin"] = content[: len(content) // 2]
    with pytest.raises(ModelError):
        weights.pull("tiny")
    assert not cached("tiny").exists()
    hub.lies.clear()
    assert weights.pull("tiny") == cached("tiny")
    assert weights.verify("tiny").files


@pytest.mark.usefixtures("cache")
def test_weights_that_differ_from_the_stated_checksum_are_thrown_away(hub: Hub) -> None:
    content = bytearray((hub.folder / "model.bin").read_bytes())
    content[-50] ^= 1
    hub.lies["model.bin"] = bytes(content)
    with pytest.raises(CorruptModel, match="sha256"):
        weights.pull("tiny")
    assert not cached("tiny").exists()


@pytest.mark.usefixtures("cache")
def test_two_at_once_fetch_once(hub: Hub) -> None:
    threads = [threading.Thread(target=weights.pull, args=("tiny",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.endswith("model.bin") for path in hub.asked) == 1


@pytest.mark.usefixtures("cache")
def test_without_a_connection_one_sentence_says_what_to_do() -> None:
    with pytest.raises(DownloadFailed) as error:
        weights.pull("tiny", endpoint="http://127.0.0.1:9")
    assert "no connection" in str(error.value)
    assert "copy the model's directory" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("status", [401, 404, 403])
def test_a_repository_that_is_not_there_is_told(hub: Hub, status: int) -> None:
    hub.status = status
    with pytest.raises(DownloadFailed, match="no such repository"):
        weights.pull("someone/nothing")


@pytest.mark.usefixtures("cache")
def test_a_repository_of_another_kind_of_model_is_refused(hub: Hub) -> None:
    (hub.folder / "model.bin").unlink()
    with pytest.raises(DownloadFailed, match="not a CTranslate2 model"):
        weights.pull("openai/whisper-tiny")


def test_a_directory_stands_for_itself(whole_model: Path) -> None:
    assert weights.resolve(str(whole_model)) == whole_model


def test_a_path_that_is_no_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncompleteModel, match="directory"):
        weights.resolve(str(tmp_path / "nothing"))


@pytest.mark.usefixtures("cache")
def test_a_name_nobody_knows_is_told() -> None:
    with pytest.raises(UnknownModel, match="did you mean 'small'"):
        models.open_recogniser("smal")


@pytest.mark.usefixtures("cache")
def test_verifying_a_model_that_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(IncompleteModel, match="models pull small"):
        weights.verify("small")


@pytest.mark.usefixtures("cache")
def test_the_configured_model_is_the_environments_else_the_bundled_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert weights.configured() == "nano_zh"
    monkeypatch.setenv("QA_ENGINE_MODEL", "small")
    assert weights.configured() == "small"


def test_opening_takes_the_configured_directory(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest.write(model, manifest.ModelManifest(name="house"))
    monkeypatch.setenv("QA_ENGINE_MODEL", str(model))
    assert models.open_recogniser(threads=1).name == "house"


SHERPA_FILES = ("model.int8.onnx", "tokens.txt")


@pytest.mark.usefixtures("cache")
def test_a_sherpa_model_is_fetched_from_the_same_hub_or_its_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    write(folder / "model.int8.onnx", {"model_type": "sense_voice_ctc"})
    (folder / "tokens.txt").write_text("<unk> 0\n", "utf-8")
    (folder / "model.onnx").write_bytes(b"the same again, larger")
    with serve(folder) as mirror:
        monkeypatch.setenv("HF_ENDPOINT", mirror.url)
        path = weights.pull("sense-voice")
    assert sorted(file.name for file in path.iterdir()) == ["manifest.json", *SHERPA_FILES]
    assert set(weights.verify("sense-voice").files) == set(SHERPA_FILES)


@pytest.mark.usefixtures("cache")
def test_a_repository_without_the_files_is_told(hub: Hub) -> None:
    assert hub.url
    with pytest.raises(DownloadFailed, match=r"holds no model\.int8\.onnx, tokens\.txt"):
        weights.pull("sense-voice")
