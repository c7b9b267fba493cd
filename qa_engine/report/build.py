"""From what a call came to, to the report of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache, partial
from importlib import metadata
from typing import TYPE_CHECKING

from phrasebook.model import Phrasebook
from phrasebook.scorecard import Scorecard
from qa_engine.analysis_result import AnalysisResult
from qa_engine.events import Hit, Utterance
from qa_engine.report.answers import unanswered
from qa_engine.report.model import (
    CallFacts,
    ChannelAccount,
    ChannelRole,
    Report,
    ReportHit,
    ReportStep,
    ReportUtterance,
    ReportWarning,
    ReportWord,
    Versions,
)
from qa_engine.report.warnings import Recognised, warnings_of
from qa_engine.rules.charging import standings
from qa_engine.rules.counting import Standing, standing_of_hit, standing_of_step
from qa_engine.rules.score import EvidenceKind, Score
from qa_engine.rules.step_result import StepResult

if TYPE_CHECKING:
    from qa_engine.offline import OfflineResult


_SAME = {f.name for f in fields(Hit)} & {f.name for f in fields(ReportHit)} - {"score"}
"""What a report's row takes over from a hit as it is."""


def build_report(
    result: OfflineResult,
    *,
    phrasebook: Phrasebook,
    recogniser: Recognised | None = None,
    warnings: Iterable[ReportWarning] = (),
) -> Report:
    """The report of an analysed recording; what its sound shows joins `warnings`."""
    script = result.analysis.script
    audio_format = result.survey.audio_format
    return compose(
        result.analysis,
        phrasebook=phrasebook,
        recogniser=recogniser or result.model,
        fingerprints=result.fingerprints,
        call=CallFacts(
            id=result.audio_sha256[:16],
            file=result.path.name,
            duration_ms=result.duration_ms,
            sample_rate=audio_format.sample_rate,
            codec=audio_format.codec,
            channels=tuple(
                ChannelRole(
                    channel=channel,
                    role=role,
                    inferred=result.roles_inferred,
                    level_dbfs=round(result.survey.levels_dbfs[channel], 1),
                )
                for channel, role in enumerate(result.roles)
            ),
            script=script.id if script else "",
            script_title=script.title if script else "",
        ),
        audio_sha256=result.audio_sha256,
        warnings=(
            *warnings,
            *(
                ReportWarning(code=one.problem, message=one.message, message_zh=one.message_zh)
                for one in result.findings
            ),
        ),
        accounting=(
            ChannelAccount(
                channel=channel,
                fed_ms=account.fed_ms,
                decoded_ms=account.decoded_ms,
                silent_ms=account.silent_ms,
                dropped_ms=account.dropped_ms,
            )
            for channel, account in enumerate(result.accounts)
        ),
    )


def compose(
    result: AnalysisResult,
    *,
    phrasebook: Phrasebook,
    recogniser: Recognised,
    call: CallFacts,
    audio_sha256: str = "",
    warnings: Iterable[ReportWarning] = (),
    accounting: Iterable[ChannelAccount] = (),
    judge: str = "",
    fingerprints: str = "",
) -> Report:
    """The report of one analysed call, live or not; what the call shows joins `warnings`."""
    titles = {entry.id: entry.title for entry in phrasebook.entries}
    points = points_taken(result.score) if result.score else {}
    found = standings(result.hits, judgeable=bool(result.judgeable))
    told = partial(_hit, titles=titles, points=points, standings=found)
    return Report(
        call=call,
        utterances=tuple(_utterance(utterance) for utterance in result.utterances),
        hits=tuple(map(told, result.hits)),
        held_back=tuple(map(told, result.held_back)),
        steps=tuple(_step(step, points, judgeable=bool(result.judgeable)) for step in result.steps),
        conduct=result.conduct,
        judgeable=result.judgeable,
        conclusion=result.conclusion,
        score=result.score,
        versions=Versions(
            engine=engine_version(),
            phrasebook=f"{phrasebook.name} {phrasebook.version}",
            model=f"{recogniser.name} {recogniser.version}",
            audio=audio_sha256,
            synthetic_model=recogniser.synthetic,
            scorecard=scorecard_version(phrasebook.scorecard),
            judge=judge or result.judge,
            fingerprints=fingerprints,
            settings=_settings(call),
        ),
        warnings=tuple(warnings_of(result, recogniser, call, warnings)),
        accounting=tuple(accounting),
        answers=tuple(unanswered(result.asked, judgeable=bool(result.judgeable))),
        prosody=result.prosody,
        anatomy=result.anatomy,
    )


@cache
def engine_version() -> str:
    """Of the installed package; a bare source tree says so."""
    try:
        return metadata.version("qa-engine")
    except metadata.PackageNotFoundError:
        return "unreleased"


def scorecard_version(card: Scorecard) -> str:
    """12 hex digits of what the scorecard says; where it was typed does not matter."""
    items = tuple((i.id, i.title, i.group, i.points, i.feeds) for i in card.items)
    content = repr((card.total, card.pass_score, items))
    return hashlib.blake2b(content.encode(), digest_size=6).hexdigest()


def _settings(call: CallFacts) -> Mapping[str, str]:
    roles = ",".join(channel.role for channel in call.channels)
    inferred = any(channel.inferred for channel in call.channels)
    return {"script": call.script, "roles": "" if inferred else roles}


def _utterance(utterance: Utterance) -> ReportUtterance:
    return ReportUtterance(
        id=utterance.id,
        role=utterance.role,
        channel=utterance.channel,
        begin_ms=utterance.begin_ms,
        end_ms=utterance.end_ms,
        text=utterance.text,
        confidence=round(utterance.confidence, 3),
        intelligible=utterance.intelligible,
        role_confidence=round(utterance.role_confidence, 3),
        recorded=utterance.recorded,
        emotion=utterance.emotion,
        event=utterance.event,
        words=tuple(
            ReportWord(
                text=word.text,
                begin_ms=word.begin_ms,
                end_ms=word.end_ms,
                confidence=round(word.confidence, 3),
            )
            for word in utterance.words
        ),
    )


def _hit(
    hit: Hit,
    *,
    titles: Mapping[str, str],
    points: Mapping[str, float],
    standings: Mapping[str, Standing],
) -> ReportHit:
    """`standings`: of the hits; what was held back is asked about alone."""
    standing = standings.get(hit.id) or standing_of_hit(hit)
    title = titles.get(hit.rule, hit.rule)
    return report_hit(hit, title, standing, points=points.get(hit.id, 0.0))


def report_hit(hit: Hit, title: str, standing: Standing, *, points: float = 0.0) -> ReportHit:
    """A hit as a report tells it; `points`: what it took from the score."""
    same = {name: getattr(hit, name) for name in _SAME}
    return ReportHit(
        **same,
        title=title,
        score=round(hit.score, 3),
        needs_review=standing.waits,
        points=points,
        effect=standing.effect,
        effect_reason=standing.reason,
    )


def _step(result: StepResult, points: Mapping[str, float], *, judgeable: bool) -> ReportStep:
    step = result.step
    standing = standing_of_step(unheard=result.unheard, fatal=step.fatal, judgeable=judgeable)
    return ReportStep(
        id=step.id,
        title=step.title,
        source=step.source,
        state=result.state,
        at_ms=result.at_ms,
        deadline_ms=result.deadline_ms,
        required=step.required,
        in_order=result.in_order,
        utterance=result.utterance,
        prompt=step.prompt,
        coach=step.coach,
        points=points.get(step.id, 0.0),
        instances=result.instances,
        unheard=result.unheard,
        spoiled_by=result.spoiled_by,
        effect=standing.effect,
        effect_reason=standing.reason,
    )


def points_taken(score: Score) -> Mapping[str, float]:
    """What each hit and step took, over all items."""
    taken: Counter[str] = Counter()
    for item in score.items:
        for deduction in item.deductions:
            if deduction.kind is not EvidenceKind.CONDUCT:
                taken[deduction.evidence] += deduction.points  # type: ignore[assignment]
    return {name: round(float(points), 2) for name, points in taken.items()}
