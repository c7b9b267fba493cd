"""What a call tells of itself: how it opened, where its sound went, how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from api.live.call_gaps import CallGaps
from api.live.call_info import CallInfo, Playbook
from api.live.endings import EndReason
from api.live.message_parts import Judgeable, Lag, OfCall, Sound
from api.live.messages import Ended, Notice, Opened, StatsTold
from api.live.sessions import Session
from api.live.sound_account import SoundAccount, Totals
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable

KEPT_TEXT = "the sound of the call is kept: it is heard and judged when there is time"
NO_HOTWORDS = "the model takes no hotwords: what it hears does not depend on them"


def opening(info: CallInfo, book: Playbook, busy: str) -> Iterator[OfCall]:
    """The first messages of a call. `busy`: why one that is heard later cannot be heard now."""
    call_id = info.call_id
    yield _opened(info, book)
    if info.hearing == "later":
        text = f"{busy}: this call is kept, and heard and judged after its end"
        yield Notice(call_id=call_id, code="hear_later", text=text)
    if info.hotwords and not book.takes_hotwords:
        yield Notice(call_id=call_id, code="hotwords", text=NO_HOTWORDS)


def restarting(call_id: str, retry_ms: int) -> Notice:
    """The server stops, and the call goes on with the next one."""
    text = f"the server restarts: connect again in {retry_ms / 1_000:g} s and go on"
    return Notice(call_id=call_id, code="restart", text=text, retry_ms=retry_ms)


def kept(call_id: str) -> Notice:
    """The last word on a call that is heard later."""
    return Notice(call_id=call_id, code="kept", text=KEPT_TEXT)


def checkpoint(
    closed: EndReason | None, session: Session, gaps: CallGaps, accounts: SoundAccount
) -> str:
    """What a restart has to know beside the messages, as JSON. `closed`: of a kept call."""
    return json.dumps(
        {
            "closed": closed or "",
            "known_ms": list(session.known_ms),
            "missing": gaps.saved(),
            "accounts": [asdict(account) for account in session.accounts],
            **accounts.saved(),
        }
    )


def _opened(info: CallInfo, book: Playbook) -> Opened:
    return Opened(
        call_id=info.call_id,
        agent=info.agent,
        script=book.script,
        script_title=book.script_title,
        roles=tuple(role.value for role in info.roles),
        basis=info.basis.value,
        roles_known=info.roles_known,
        steps=book.steps,
        metadata=dict(info.metadata),
        began_at=info.began_at,
        versions=dict(book.versions),
        synthetic_model=book.synthetic_model,
        hearing=info.hearing,
    )


def stats(call_id: str, totals: Totals, prompts: Mapping[str, int], lag: Lag | None) -> StatsTold:
    """Where its sound went. `prompts`: how many came to what."""
    return StatsTold(
        call_id=call_id,
        received_ms=totals.received_ms,
        silent_ms=totals.silent_ms,
        decoded_ms=totals.decoded_ms,
        coalesced_ms=totals.coalesced_ms,
        dropped_ms=totals.dropped_ms,
        pending_ms=totals.pending_ms,
        partials_decoded=totals.partials_decoded,
        partials_coalesced=totals.partials_coalesced,
        finals_decoded=totals.finals_decoded,
        prompts={name: count for name, count in prompts.items() if count},
        lag=lag,
    )


def ended(
    call_id: str,
    reason: EndReason,
    duration_ms: int,
    result: AnalysisResult | None,
    sounds: Sequence[Stretch],
) -> Ended:
    """The last message of a call. `result` None: it broke off, and nobody can judge it."""
    judgeable = result.judgeable if result else unjudgeable(Unjudgeable.FAILED)
    return Ended(
        call_id=call_id,
        reason=reason,
        duration_ms=duration_ms,
        score=result.score.total if result and result.score else None,
        to_give=result.score.to_give if result and result.score else 0.0,
        passed=result.score.passed if result and result.score else None,
        conclusion=result.conclusion.value if result else "not_judgeable",
        judgeable=Judgeable(
            state=judgeable.state.value,
            reason=judgeable.reason.value,
            message_zh=judgeable.message_zh,
        ),
        sounds=tuple(
            Sound(
                kind=sound.kind.value,
                channel=sound.channel,
                begin_ms=sound.begin_ms,
                end_ms=sound.end_ms,
            )
            for sound in sounds
        ),
    )
