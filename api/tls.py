"""TLS without a proxy: the certificate is checked before the start, and loaded when renewed."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from api.settings import Settings
from qa_engine.errors import QAError

log = logging.getLogger("qa_engine.tls")

LOOK_S = 60.0


class TlsRefused(QAError):
    """The certificate or its key cannot be used."""


def check_tls(settings: Settings) -> None:
    """Raises `TlsRefused` for half a pair, a file that is not there, or a key of something else."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        given, missing = ("tls_key", "tls_certificate") if key else ("tls_certificate", "tls_key")
        raise TlsRefused(f"{given} is set and {missing} is not: set both, or neither")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_none)
    except ssl.SSLError as error:
        raise TlsRefused(
            f"{certificate} and {key} are no certificate and its key "
            f"({(error.reason or 'unreadable').lower().replace('_', ' ')}): expected PEM files "
            "that belong together, the key without a password"
        ) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise TlsRefused(
            f"{certificate} or {key} cannot be read ({reason}): correct tls_certificate and "
            "tls_key, or let the server's user read them"
        ) from None


async def keep_renewed(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Until cancelled: connections that begin after a renewal get the new certificate."""
    seen = _changed_s(certificate, key)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _changed_s(certificate, key)
        if now == seen:
            continue
        try:
            context.load_cert_chain(certificate, key, password=_none)
        except (ssl.SSLError, OSError) as error:
            # Half of the pair may be written still; what was loaded goes on meanwhile.
            log.warning("the renewed certificate cannot be used yet (%s)", type(error).__name__)
        else:
            log.info("the renewed certificate is in use")
            seen = now


def _changed_s(*paths: Path) -> tuple[float, ...]:
    try:
        return tuple(path.stat().st_mtime for path in paths)
    except OSError:
        return ()


def _none() -> str:
    """Instead of asking at a terminal: a server has none."""
    raise ssl.SSLError(1, "[SSL: KEY_HAS_A_PASSWORD]")
