"""A call that nobody named a script for may begin like one of another script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from phrasebook.model import AnchorKind, Phrasebook, Script
from qa_engine.events import Role, Tier, Utterance
from qa_engine.matching.matcher import Matcher

__all__ = ["likelier_script"]

LINES = 3
"""An agent has said by then what kind of call it is."""
LEAST = 2
"""A step alone may be said by chance."""
OPENS_MS = 90_000
"""A step due within so much of the call's start belongs to its opening."""


def likelier_script(
    phrasebook: Phrasebook,
    used: Script | None,
    utterances: Iterable[Utterance],
    matcher: Matcher,
) -> Script | None:
    """The script of whose opening the agent's first lines hold more than of the one `used`.

    Only steps that one of the two has and the other has not tell anything, and only words that
    were heard exactly.
    """
    if used is None:
        return None
    opening = {
        step.id
        for step in phrasebook.steps
        if step.anchor.kind is AnchorKind.CALL_START and (step.within_ms or 0) <= OPENS_MS
    }
    lines = islice((one.text for one in utterances if one.role is Role.AGENT), LINES)
    said = [_steps(line, matcher) & opening for line in lines]
    others = [script for script in phrasebook.scripts if script.id != used.id]
    likelier = max(others, key=lambda one: _more(one, used, said), default=None)
    if likelier is None or _more(likelier, used, said) < LEAST:
        return None
    # Both who has said more of the other script, and who began with it.
    is_ahead = all(
        _more(likelier, used, some) >= _more(used, likelier, some) for some in (said, said[:1])
    )
    return likelier if is_ahead else None


def _steps(line: str, matcher: Matcher) -> set[str]:
    return {
        match.owner
        for match in matcher.find(line)
        if match.kind == "step" and match.tier is Tier.EXACT
    }


def _more(script: Script, than: Script, said: Sequence[set[str]]) -> int:
    """How many steps were said that `script` has and the other has not."""
    return len(set().union(*said) & (set(script.steps) - set(than.steps)))
