"""Sends news to one hook, in order: what it did not take is tried again before anything else."""

from __future__ import annotations

import http.client
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from api.hooks import bus
from api.hooks.delivery import Delivered, DeliveryOutcome
from api.hooks.hook import Hook, Speaks
from api.hooks.shapes import request

log = logging.getLogger("qa_engine.hooks")

WAIT_S = 10.0
MOST_ANSWER = 64 * 1_024
TRIES = 5
"""How often what a hook does not want is tried; what it cannot take now is tried for ever."""
LATER = frozenset({408, 425, 429})
BUSY = frozenset({45009, 130101, 660026, 9499, 11232})
"""What the robots' servers say where they are asked too often."""
WORDS = frozenset({"errcode", "code"})


class _Straight(urllib.request.HTTPRedirectHandler):
    """News goes where the site said, and nowhere else."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Straight)


def deliver(hook: Hook, told: Mapping[str, Any], *, secret: bytes, desk: str) -> Delivered:
    """One item, once. Blocking. No address and none of what is told gets into `why`."""
    if hook.speaks is Speaks.KAFKA:
        return bus.put(hook.url, told)
    body, headers = request(hook, told, secret=secret, desk=desk)
    asked = urllib.request.Request(hook.url, data=body, headers=headers, method="POST")
    try:
        with _OPENER.open(asked, timeout=WAIT_S) as answer:
            said = answer.read(MOST_ANSWER)
    except urllib.error.HTTPError as error:
        later = error.code >= 500 or error.code in LATER
        outcome = DeliveryOutcome.LATER if later else DeliveryOutcome.UNWANTED
        return Delivered(outcome, f"HTTP {error.code}")
    except (OSError, http.client.HTTPException) as error:
        return Delivered(DeliveryOutcome.LATER, type(error).__name__)
    return Delivered(DeliveryOutcome.TAKEN) if hook.speaks is Speaks.OURS else _robot_says(said)


def _robot_says(answer: bytes) -> Delivered:
    """Robots answer HTTP 200 whatever became of it."""
    try:
        said = json.loads(answer)
        codes = [int(said[word]) for word in WORDS if word in said]
    except (ValueError, TypeError, RecursionError):
        return Delivered(DeliveryOutcome.UNWANTED, "no answer of a robot's")
    wrong = [code for code in codes if code]
    if not wrong:
        return Delivered(DeliveryOutcome.TAKEN)
    outcome = DeliveryOutcome.LATER if wrong[0] in BUSY else DeliveryOutcome.UNWANTED
    return Delivered(outcome, f"code {wrong[0]}")
