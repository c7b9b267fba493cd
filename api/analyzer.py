"""What analyses share, loaded once: phrasebook, matcher, recogniser; recordings in, reports out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qa_engine.offline import OfflineResult, analyse_audio

import models
import phrasebook as pb
from models.recogniser import Recogniser
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.report import Report, build_report

Progress = Callable[[int, int], None]
"""Called with (ms done, ms in all); the second is 0 where the container does not tell."""


class Analyzer:
    """Turns recordings into reports; the heavy parts are shared by all of them.

    Raises `PhrasebookErrors` or `ModelError` when built, `QAError` for a recording.
    """

    def __init__(self, *, phrasebook: Path | None = None, model: str | None = None) -> None:
        self.phrasebook = pb.load(phrasebook or pb.bundled())
        self.matcher = Matcher(self.phrasebook)
        self.recogniser: Recogniser = models.open_recogniser(model)

    def check_script(self, script: str | None) -> None:
        """Fail early on a script the phrasebook does not have."""
        pb.script(self.phrasebook, script)

    def analyze(
        self,
        recording: Path,
        *,
        script: str | None = None,
        roles: Sequence[Role] | None = None,
        progress: Progress | None = None,
    ) -> tuple[OfflineResult, Report]:
        """Hear one recording and judge it; `roles` names the channels in order."""
        result = analyse_audio(
            recording,
            recogniser=self.recogniser,
            phrasebook=self.phrasebook,
            matcher=self.matcher,
            script=script,
            roles=roles,
            progress=progress,
        )
        return result, build_report(result, phrasebook=self.phrasebook, recogniser=self.recogniser)
