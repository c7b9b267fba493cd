"""One clock for the site: what is typed and shown without a zone is in the site's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import clock
from api.batch.manifest import read_manifest
from api.live.call_record import call_record
from api.review.boards.periods import Unit, holding
from api.settings import Settings

MOMENT = datetime(2026, 11, 20, 17, 30, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("QA_ENGINE_TIMEZONE", "QA_ENGINE_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


def test_the_sites_zone_is_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", "America/New_York")

    assert clock.stamp(MOMENT) == "2026-11-20 12:30"
    assert clock.zone_name() == "America/New_York"
    assert clock.at(datetime(2026, 7, 1, 9)).astimezone(UTC).hour == 13
    assert clock.cell(MOMENT) == datetime(2026, 11, 20, 12, 30)


def test_where_chinese_is_spoken_it_is_beijing_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert clock.stamp(MOMENT) == "2026-11-21 01:30"


def test_the_settings_file_names_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "site.toml"
    path.write_text('timezone = "Asia/Tokyo"\n', "utf-8")
    monkeypatch.setenv("QA_ENGINE_CONFIG", str(path))

    assert clock.stamp(MOMENT) == "2026-11-21 02:30"
    assert Settings().timezone == "Asia/Tokyo"


def test_what_is_no_zone_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", "Beijing")

    with pytest.raises(clock.ClockError, match="'Beijing' is no time zone; expected an IANA name"):
        clock.stamp(MOMENT)
    with pytest.raises(ValidationError, match="no time zone"):
        Settings()


@pytest.mark.parametrize(
    ("name", "begin"), [("Asia/Shanghai", "2026-11-21"), ("Europe/London", "2026-11-20")]
)
def test_a_day_begins_where_the_site_is(
    monkeypatch: pytest.MonkeyPatch, name: str, begin: str
) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", name)

    assert holding(Unit.DAY, MOMENT).name == begin


def test_a_day_of_the_clocks_change_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", "Europe/London")

    day = holding(Unit.DAY, datetime(2026, 10, 25, 12, tzinfo=UTC))

    assert (day.end.astimezone(UTC) - day.begin.astimezone(UTC)).total_seconds() == 25 * 3_600


def test_a_manifest_without_a_zone_is_in_the_sites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", "Asia/Urumqi")
    (tmp_path / "a.wav").write_bytes(b"")
    path = tmp_path / "calls.csv"
    path.write_text("path,started_at\na.wav,2026-11-21 09:30\n", "utf-8")

    (source,) = read_manifest(path).sources

    assert source.started_at is not None
    assert source.started_at.astimezone(UTC).hour == 3


def test_a_live_call_without_a_zone_began_on_the_sites_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QA_ENGINE_TIMEZONE", "Asia/Shanghai")

    for told in ("2026-11-21T09:30:00", "2026-11-21T01:30:00+00:00"):
        started = call_record("8001", told, {}).started_at
        assert started is not None
        assert (started.hour, started.astimezone(UTC).hour) == (9, 1)
