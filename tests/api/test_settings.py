"""Settings from the environment and a TOML file."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api import settings_load
from api.cli.app import run
from api.settings import Settings
from api.settings_load import SettingsError, in_force, load_settings


def test_nothing_configured_means_this_machine_only() -> None:
    assert Settings().is_loopback


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "site.toml"
    config.write_text('port = 9000\nhost = "::1"\norigins = ["https://crm.example"]\n')
    monkeypatch.setenv("QA_ENGINE_CONFIG", str(config))
    monkeypatch.setenv("QA_ENGINE_PORT", "9001")
    settings = Settings()
    assert (settings.port, settings.host) == (9001, "::1")
    assert settings.origins == ("https://crm.example",)


@pytest.mark.parametrize("line", ["prot = 9000", "port = 99999", "max_calls = 0"])
def test_a_setting_that_does_not_exist_or_cannot_be_is_named(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "site.toml"
    config.write_text(line)
    monkeypatch.setenv("QA_ENGINE_CONFIG", str(config))
    with pytest.raises(ValidationError, match=line.split()[0]):
        Settings()


@pytest.mark.parametrize(
    "text", ["https://a.example, https://b.example", '["https://a.example","https://b.example"]']
)
def test_a_list_comes_with_commas_or_as_json(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_ORIGINS", text)
    assert load_settings().origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"QA_ENGINE_ORIGIN": "https://a"},
            "QA_ENGINE_ORIGIN: no such setting; did you mean QA_ENGINE_ORIGINS",
        ),
        ({"QA_ENGINE_ZZZZ": "1"}, "QA_ENGINE_ZZZZ: no such setting; api/SETTINGS.md"),
        ({"QA_ENGINE_ORIGINS": "crm.example"}, "QA_ENGINE_ORIGINS: 'crm.example' is no origin"),
        ({"QA_ENGINE_ORIGINS": "https://a.example/path"}, "more than an origin"),
        ({"QA_ENGINE_ORIGINS": '["https://a'}, "not a JSON list"),
        (
            {"QA_ENGINE_HOSTS": "https://qa.example"},
            "QA_ENGINE_HOSTS: 'https://qa.example' is no host name",
        ),
        ({"QA_ENGINE_PORT": "many"}, "QA_ENGINE_PORT: input should be a valid integer"),
        ({"QA_ENGINE_CONFIG": "/nowhere/site.toml"}, "no such file, but QA_ENGINE_CONFIG names it"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_mistake_is_one_sentence_that_says_where_and_what(
    variables: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 9000", "site.toml: prot: no such setting; did you mean port?"),
        ("port = ", "site.toml: not valid TOML: "),
        ("port = 99999", "site.toml: port: input should be less than"),
        ("\xff", "site.toml: cannot be read (it is not UTF-8)"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_the_file(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "site.toml"
    config.write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("QA_ENGINE_CONFIG", str(config))
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert says in str(caught.value)


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_PROT", "1")
    monkeypatch.setenv("QA_ENGINE_HOTS", "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(str(caught.value).splitlines()) == 2


def test_check_tells_what_is_in_force_and_from_where_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "site.toml"
    config.write_text('max_calls = 7\nstore = "postgresql://qa:geheim@db/qa"\n')
    monkeypatch.setenv("QA_ENGINE_CONFIG", str(config))
    monkeypatch.setenv("QA_ENGINE_SECRET", "x" * 40)
    monkeypatch.setenv("QA_ENGINE_HOST", "127.0.0.1")
    rows = {row.name: row for row in in_force(load_settings(port=1), port=1)}
    assert (rows["port"].value, rows["port"].source) == ("1", "option")
    assert (rows["max_calls"].value, rows["max_calls"].source) == ("7", str(config))
    assert (rows["secret"].value, rows["secret"].source) == ("(set)", "QA_ENGINE_SECRET")
    assert rows["store"].value == "postgresql://qa:(set)@db/qa"
    assert rows["idle_s"].source == "default"
    assert set(rows) == set(Settings.model_fields)


def test_the_page_of_settings_is_up_to_date_and_explains_each() -> None:
    page = Path(settings_load.__file__).with_name("SETTINGS.md").read_text("utf-8")
    assert page == settings_load.settings_page()
    assert all(field.description for field in Settings.model_fields.values())


def test_serve_check_prints_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_DATA_DIR", str(tmp_path / "data"))
    assert run(["serve", "--check", "--drain", "2m"]) == 0
    out = capsys.readouterr().out
    assert "QA_ENGINE_DATA_DIR" in out
    assert "120.0" in out
    assert not (tmp_path / "data").exists()
    assert run(["serve", "--check", "--drain", "soon"]) == 2


@pytest.mark.parametrize("name", ["store", "live_log"])
def test_a_password_in_an_address_is_not_shown(name: str) -> None:
    given: dict[str, Any] = {name: "postgresql://qa:geheim@db/qa"}
    settings = Settings(**given)
    shown = {one.name: one.value for one in in_force(settings)}
    assert shown[name] == "postgresql://qa:(set)@db/qa"
