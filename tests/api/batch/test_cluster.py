"""The same batch on Ray: the same calls, bad and deadly recordings told alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.batch.run import Batch, crew_for
from api.batch.sources import find_sources
from api.batch.worker import Job
from api.store import Store
from qa_engine.errors import QAError
from tests.api.batch.scripted import (
    DEADLY,
    JUDGE,
    VERSIONS,
    contents,
    recordings,
    run,
    scripted,
    states,
)


@pytest.fixture
def ray_is_here() -> None:
    pytest.importorskip("ray", reason="ray: pip install 'qa-engine[ray]'")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.usefixtures("ray_is_here")
def test_ray_ends_with_what_processes_end_with(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav", f"{DEADLY}.wav", "c.wav"])
    (tmp_path / "in" / "empty.wav").touch()
    run(tmp_path / "in", str(tmp_path / "here.db"), workers=2)
    path = str(tmp_path / "ray.db")
    store = Store.open(path)
    batch = Batch(find_sources(str(tmp_path / "in")), store, versions=VERSIONS, judge=JUDGE)

    crew = crew_for(Job(store=path, analyzer=scripted), ray="local")
    tallies = [tally for tally, _ in batch.run(crew, workers=2)]

    store.close()
    assert (tallies[-1].done, tallies[-1].failed) == (3, 2)
    assert states(path)[f"{DEADLY}.wav"] == "failed"
    assert contents(path) == contents(str(tmp_path / "here.db"))


@pytest.mark.usefixtures("ray_is_here")
@pytest.mark.parametrize("address", ["nowhere:1", "127.0.0.1:1"])
def test_a_cluster_that_does_not_answer_is_told(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def refuse(**_given: object) -> None:
        raise ConnectionError("no")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(QAError, match="no Ray cluster answers"):
        crew_for(Job(store=str(tmp_path / "c.db")), ray=address)
