"""Which server is asked, if any: only one whose host the site has named."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from api.settings import Settings
from qa_engine.errors import QAError

__all__ = ["Endpoint", "EndpointError", "ExtraMissing", "endpoint_if_there", "endpoint_of"]


class EndpointError(QAError):
    """The server for questions is not set up as it must be."""


class ExtraMissing(EndpointError):
    """What speaks to servers is not installed; calls are judged without their questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible server and how it is to be used. Times in s, prices a million tokens."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    concurrency: int = 2
    items: int = 4
    timeout_s: float = 60.0
    call_chars: int = 20_000
    answer_tokens: int = 1_500
    tokens_a_day: int = 2_000_000
    cost_a_day: float = 0.0
    price_in: float = 0.0
    price_out: float = 0.0
    seed: int = 7

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def endpoint_of(settings: Settings) -> Endpoint | None:
    """What the settings name; None where nothing is to be asked. Raises EndpointError."""
    url = settings.meaning_url.strip().rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise EndpointError(
            "meaning_url: no address of a server; expected such as http://127.0.0.1:11434/v1, "
            "the key in meaning_key"
        )
    allowed = {name.lower() for name in settings.meaning_hosts}
    if parts.hostname.lower() not in allowed:
        raise EndpointError(
            f"meaning_url: {parts.hostname} is not among meaning_hosts; name it there if covered "
            "transcripts may go to it"
        )
    if not settings.meaning_model:
        raise EndpointError("meaning_model is missing; expected the model's name on that server")
    if find_spec("httpx") is None:
        raise ExtraMissing(
            "questions need httpx; install it with: pip install 'qa-engine[meaning]'"
        )
    key = settings.meaning_key
    same = (
        *("concurrency", "items", "timeout_s", "call_chars", "answer_tokens", "tokens_a_day"),
        *("cost_a_day", "price_in", "price_out", "seed"),
    )
    return Endpoint(
        url=url,
        model=settings.meaning_model,
        key=key.get_secret_value() if key else "",
        **{name: getattr(settings, f"meaning_{name}") for name in same},
    )


def endpoint_if_there(settings: Settings) -> tuple[Endpoint | None, str]:
    """The same, and the sentence that tells why nobody can be asked where the extra is missing.

    Raises EndpointError where the settings themselves are wrong.
    """
    try:
        return endpoint_of(settings), ""
    except ExtraMissing as missing:
        return None, str(missing)
