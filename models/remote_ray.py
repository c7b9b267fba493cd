"""A recogniser that is a Ray Serve deployment (`ray_serve.py`), behind the same small Protocol.

    --model ray://auto                 the cluster of this machine
    --model ray://10.0.0.9:6379        one that this machine is a node of
    --model ray://auto/recogniser-b    another application than `recogniser`

While no replica answers, windows fail at once instead of waiting, and it is asked again in a while.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from models.errors import ModelError
from models.recogniser import SAMPLE_RATE, Samples, Transcript
from models.remote_funasr import RemoteFailed

__all__ = ["RayRecogniser", "is_address"]

SCHEME = "ray://"
APPLICATION = "recogniser"
OPEN_S = 60.0
REACHED_S = 5.0
ANSWER_S = 8.0
"""Beside the windows' own length, how long an answer may take."""
REST_S, MOST_REST_S = 1.0, 15.0
"""How long a deployment that did not answer is left alone; doubled each time."""


def is_address(name: str) -> bool:
    """Whether a model's name is a Ray cluster's address."""
    return name.startswith(SCHEME)


class RayRecogniser:
    """See the module. Raises `ModelError` where no such application answers."""

    def __init__(
        self,
        address: str,
        *,
        hotwords: str = "",
        answer_s: float = ANSWER_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        cluster, _, application = address.removeprefix(SCHEME).partition("/")
        self._always = hotwords
        self._answer_s = answer_s
        self._now_s = now_s
        self._rests_until_s, self._rest_s = 0.0, 0.0
        self._handle = _handle(cluster or "auto", application or APPLICATION)
        try:
            about = self._handle.about.remote().result(timeout_s=OPEN_S)
        except Exception as error:
            raise ModelError(
                f"no replica of {application or APPLICATION} on Ray answers "
                f"({type(error).__name__}): `serve status` tells why"
            ) from error
        self.name: str = about["name"]
        self.version: str = about["version"]
        self.synthetic: bool = about["synthetic"]
        self.takes_hotwords: bool = about["takes_hotwords"]
        self.max_window_ms: int = about["max_window_ms"]

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """See `Recogniser`. Raises `RemoteFailed`: of one window, all fail."""
        if self._now_s() < self._rests_until_s:
            raise RemoteFailed("the recogniser on Ray did not answer a moment ago")
        expected = list(hotwords) or [""] * len(windows)
        if self._always:
            expected = [f"{self._always} {words}".strip() for words in expected]
        asked = self._handle.transcribe.remote(list(windows), final, expected)
        wait_s = self._answer_s + sum(map(len, windows)) / SAMPLE_RATE
        try:
            answer: list[Transcript] = asked.result(timeout_s=wait_s)
        except Exception as error:
            asked.cancel()
            self._rest_s = min(max(self._rest_s * 2, REST_S), MOST_REST_S)
            self._rests_until_s = self._now_s() + self._rest_s
            raise RemoteFailed(
                f"the recogniser on Ray did not answer ({type(error).__name__})"
            ) from error
        self._rest_s = 0.0
        return answer


def _handle(cluster: str, application: str) -> Any:
    """Raises `ModelError`."""
    try:
        import ray
        from ray import serve
    except ImportError:
        raise ModelError(
            "--model ray://… needs Ray Serve; install it with: pip install 'qa-engine[ray]'"
        ) from None
    try:
        if ":" in cluster:
            # Ray itself ends the process of one who waits in vain.
            host, _, port = cluster.rpartition(":")
            socket.create_connection((host, int(port)), REACHED_S).close()
        if not ray.is_initialized():
            ray.init(address=cluster, log_to_driver=False, logging_level=logging.ERROR)
        return serve.get_app_handle(application)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{SCHEME}{cluster}: no Ray cluster answers ({type(error).__name__}); start one with "
            "`ray start --head`, or join this machine to it with `ray start --address`"
        ) from None
    except Exception as error:
        raise ModelError(
            f"{SCHEME}{cluster}/{application}: no such application runs there "
            f"({type(error).__name__}); deploy it with `serve run api/deploy/ray-serve.yaml`"
        ) from None
