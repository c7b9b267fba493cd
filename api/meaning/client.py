"""One request to a server, until it is answered or given up: deadlines, retries, plainer forms."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api.meaning.endpoint import Endpoint, EndpointError
from api.meaning.protocol import Completion, Reply
from qa_engine.errors import QAError

if TYPE_CHECKING:
    import httpx

__all__ = ["Client", "NotAnswered", "Rejected"]

TRIES = 4
FIRST_WAIT_S = 0.5
MOST_WAIT_S = 30.0
MOST_BYTES = 1_000_000
"""An answer that goes on longer is no answer."""
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_UNKNOWN_FORM = frozenset({400, 415, 422, 501})
_OURS = {
    401: "does not take the key; correct meaning_key",
    402: "wants money; see to the account there",
    403: "does not let us in; correct meaning_key",
    404: "knows no such address or model; correct meaning_url (it often ends in /v1) or "
    "meaning_model",
}


class NotAnswered(QAError):
    """No answer after all tries. `spent`: the server may have worked, and charged, for it."""

    def __init__(self, host: str, what: str, *, spent: bool) -> None:
        super().__init__(f"{host}: {what}")
        self.spent = spent


class Rejected(NotAnswered):
    """The server will not take this very request, now or later."""


class _Failed(Exception):
    def __init__(self, what: str, *, spent: bool, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.spent = spent
        self.wait_s = wait_s


class Client:
    """Safe to share between threads; close it. Proxies of the environment are not used: a
    transcript goes to the host that was named, or nowhere."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        import httpx

        self._endpoint = endpoint
        self._sleep = sleep
        self._httpx = httpx
        self._forms: tuple[str, ...] = ("json_schema", "json_object", "")
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._http = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(endpoint.timeout_s, connect=min(10.0, endpoint.timeout_s)),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    def complete(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]
    ) -> Completion:
        """Raises NotAnswered, Rejected, or EndpointError where only a person can help."""
        forms = self._forms
        spent = False
        tried = 0
        while True:
            try:
                done = self._once(messages, schema, forms[0])
            except _OtherForm:
                # Costs no try: the server has not looked at the words yet.
                forms = forms[1:]
            except _Failed as error:
                spent = spent or error.spent
                tried += 1
                if tried == TRIES:
                    raise NotAnswered(self._endpoint.host, str(error), spent=spent) from None
                self._sleep(_wait_s(tried, error.wait_s))
            else:
                self._forms = forms
                return done

    def _once(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], form: str
    ) -> Completion:
        body = json.dumps(self._asked(messages, schema, form), ensure_ascii=False).encode()
        began = time.monotonic()
        status, headers, data = self._exchange(body, began)
        if status in _OURS:
            raise EndpointError(f"{self._endpoint.host} {_OURS[status]} (HTTP {status})")
        if status in _UNKNOWN_FORM and form:
            raise _OtherForm
        if status in _AGAIN:
            raise _Failed(f"HTTP {status}", spent=False, wait_s=_retry_after(headers))
        if status != 200:
            raise Rejected(self._endpoint.host, f"HTTP {status}", spent=False)
        return _read(data, body, round((time.monotonic() - began) * 1000))

    def _asked(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], form: str
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": list(messages),
            "temperature": 0,
            "seed": self._endpoint.seed,
            "max_tokens": self._endpoint.answer_tokens,
            "stream": False,
        }
        if form == "json_schema":
            named = {"name": "answers", "strict": True, "schema": schema}
            asked["response_format"] = {"type": form, "json_schema": named}
        elif form:
            asked["response_format"] = {"type": form}
        return asked

    def _exchange(self, body: bytes, began: float) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body; the deadline holds for all of it, however slowly it drips."""
        httpx = self._httpx
        data = bytearray()
        headers = {"Content-Type": "application/json"}
        try:
            with self._http.stream(
                "POST", f"{self._endpoint.url}/chat/completions", content=body, headers=headers
            ) as response:
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MOST_BYTES:
                        raise _Failed("the answer does not end", spent=True)
                    if time.monotonic() - began > self._endpoint.timeout_s:
                        raise _Failed("no whole answer within meaning_timeout_s", spent=True)
                return response.status_code, response.headers, bytes(data)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Failed("cannot be reached", spent=False) from error
        except httpx.TimeoutException as error:
            raise _Failed("no whole answer within meaning_timeout_s", spent=True) from error
        except httpx.HTTPError as error:
            raise _Failed("the connection broke", spent=True) from error


class _OtherForm(Exception):
    """The server does not know this form of asking for JSON."""


def _read(data: bytes, body: bytes, ms: int) -> Completion:
    try:
        reply = Reply.model_validate_json(data)
        choice = reply.choices[0]
    except (ValidationError, IndexError):
        raise _Failed("what it sends is no chat completion", spent=True) from None
    usage = reply.usage
    refused = bool(choice.message.refusal) or choice.finish_reason == "content_filter"
    return Completion(
        content=choice.message.content or "",
        refused=refused,
        cut=choice.finish_reason == "length",
        fingerprint=(reply.system_fingerprint or "")[:120],
        tokens_in=usage.prompt_tokens if usage else None,
        tokens_out=usage.completion_tokens if usage else None,
        sent=hashlib.sha256(body).hexdigest(),
        ms=ms,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    told = headers.get("retry-after", "")
    return float(told) if told.replace(".", "", 1).isdigit() else None


def _wait_s(tried: int, told_s: float | None) -> float:
    """As long as the server says, or twice as long each time; never all clients at once."""
    if told_s is not None:
        return min(told_s, MOST_WAIT_S)
    wait_s: float = min(FIRST_WAIT_S * 2 ** (tried - 1), MOST_WAIT_S)
    return wait_s * random.uniform(0.75, 1.25)
