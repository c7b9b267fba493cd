"""TLS without a proxy: a real handshake, a renewed certificate, and mistakes told in a sentence."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest

import api.tls
from api.settings_load import load_settings
from api.tls import TlsRefused, check_tls
from tests.api.deploy.test_deploy import certificate
from tests.api.live.servers import running, settings_for, wait_for
from tests.api.live.speech import scripted_hearing


def test_it_serves_https_and_takes_up_a_renewed_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.tls, "LOOK_S", 0.1)
    certificate(tmp_path)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    settings = settings_for(tmp_path, tls_certificate=cert, tls_key=key)
    assert settings.is_secure
    with running(settings, scripted_hearing(tmp_path)) as server:

        def served() -> str:
            return ssl.get_server_certificate(("127.0.0.1", server.port))

        first = served()
        assert first.strip() == cert.read_text().strip()
        (tmp_path / "new").mkdir()
        certificate(tmp_path / "new")
        shutil.copy(tmp_path / "new" / "key.pem", key)
        shutil.copy(tmp_path / "new" / "cert.pem", cert)
        wait_for(lambda: served() != first)
        assert served().strip() == cert.read_text().strip()


def test_a_mistake_in_the_certificate_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(tmp_path)
    (tmp_path / "other").mkdir()
    certificate(tmp_path / "other")
    cert, other = tmp_path / "cert.pem", tmp_path / "other" / "key.pem"
    for variables, says in (
        ({"TLS_CERTIFICATE": cert}, "tls_certificate is set and tls_key is not"),
        ({"TLS_CERTIFICATE": cert, "TLS_KEY": other}, "no certificate and its key"),
        ({"TLS_CERTIFICATE": cert, "TLS_KEY": tmp_path / "none"}, "no such file"),
    ):
        with monkeypatch.context() as patched:
            for name, value in variables.items():
                patched.setenv(f"QA_ENGINE_{name}", str(value))
            with pytest.raises(TlsRefused, match=says) as caught:
                check_tls(load_settings())
        assert "\n" not in str(caught.value)
