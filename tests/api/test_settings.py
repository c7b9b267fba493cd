"""Settings from the environment and a TOML file."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings


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
