"""What analyses share, loaded once: phrasebook, matcher, recogniser; recordings in, reports out."""

from __future__ import annotations

import gc
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import models
import phrasebook as pb
from models.judging import open_judge
from models.voice_activity import VoiceActivity
from models.voices import VoiceEncoder
from models.voices import load as load_voices
from qa_engine.analysis_result import AnalysisResult
from qa_engine.audio.peaks import Peaks
from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.errors import QAError
from qa_engine.events import Role
from qa_engine.line.known_voices import NOBODY, KnownVoices
from qa_engine.matching import Matcher
from qa_engine.matching.cached_matcher import CachedMatcher
from qa_engine.offline import analyse_audio
from qa_engine.report import Report, build_report
from qa_engine.report.build import engine_version
from qa_engine.report.model import ReportWarning
from qa_engine.report.warnings import Recognised, other_script
from qa_engine.rules.directions import direction_named
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord, chosen_script
from qa_engine.rules.script_hint import likelier_script

log = logging.getLogger("qa_engine.analyzer")

Rules = Path | pb.Phrasebook | None
"""A pack's directory or file, one that is loaded, or the bundled one."""

Progress = Callable[[int, int], None]
"""Called with the ms that are done and the ms there are."""


def rules_of(phrasebook: Rules) -> pb.Phrasebook:
    """Raises `PhrasebookErrors`."""
    if isinstance(phrasebook, pb.Phrasebook):
        return phrasebook
    with uncollected():
        return pb.load(phrasebook or pb.bundled())


@contextmanager
def uncollected() -> Iterator[None]:
    """Looking for garbage among half a million objects that all stay costs a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class CallAnalyzer(ABC):
    """What turns one file into a report: `Analyzer` recordings, `TranscriptAnalyzer` text.

    Raises `PhrasebookErrors` when built.
    """

    def __init__(self, phrasebook: Rules, words_from: Recognised) -> None:
        """`words_from`: what wrote the words, and stands in reports as their model."""
        self.phrasebook = rules_of(phrasebook)
        self._words_from = words_from

    @cached_property
    def matcher(self) -> Matcher:
        """On first use: it takes a second, and asking for the versions does not need it."""
        with uncollected():
            return CachedMatcher(self.phrasebook)

    @cached_property
    def versions(self) -> tuple[str, str]:
        """Of the phrasebook and of the model, as reports name them."""
        book, model = self.phrasebook, self._words_from
        return f"{book.name} {book.version}", f"{model.name} {model.version}"

    @property
    def judge(self) -> str:
        """Everything that decides a report but the sound: engine, phrasebook, model, judge."""
        sentences = open_judge()
        return " ".join((engine_version(), *self.versions, sentences.version if sentences else ""))

    def check_script(self, script: str | None) -> str | None:
        """The id of a script named by id, title or direction (内呼 for inbound).

        Raises QAError early on an unknown one.
        """
        scripts = self.phrasebook.scripts
        if not script or script in {known.id for known in scripts}:
            return script
        named = next((known.id for known in scripts if known.title == script.strip()), None)
        if named is None and direction_named(script) in {known.id for known in scripts}:
            return direction_named(script)
        if named is None:
            known = ", ".join(f"{one.id} ({one.title})" for one in scripts)
            raise QAError(f"unknown script; expected one of {known or 'none'}")
        return named

    def script_warnings(
        self, script: str | None, record: CallRecord, result: AnalysisResult
    ) -> tuple[ReportWarning, ...]:
        """Says so where nobody named a script and the call begins like one of another."""
        if script or chosen_script(self.phrasebook, "", record):
            return ()
        likelier = likelier_script(self.phrasebook, result.script, result.utterances, self.matcher)
        return () if likelier is None else (other_script(likelier),)

    @abstractmethod
    def analyze(
        self,
        recording: Path,
        *,
        script: str | None = None,
        roles: Sequence[Role] | None = None,
        progress: Progress | None = None,
        peaks: Callable[[Peaks], None] | None = None,
        record: CallRecord = NOTHING_KNOWN,
    ) -> Report:
        """Judge one file; raises `QAError`. `peaks` is given the waveform, where there is one."""


class Analyzer(CallAnalyzer):
    """Turns recordings into reports; the heavy parts are shared by all of them.

    Raises `PhrasebookErrors` or `ModelError` when built.
    """

    def __init__(
        self,
        *,
        phrasebook: Rules = None,
        model: str | None = None,
        hotwords: str = "",
        threads: int | None = None,
        how: Reading = AS_IT_IS,
        known: KnownVoices = NOBODY,
    ) -> None:
        """`known`: recordings that the site plays, and its agents' voices.

        `hotwords`: names and terms to expect beside the phrasebook's; `threads`: CPU threads
        of one decode, as many as there are cores if not said; `how` recordings are to be read,
        where they do not say so themselves."""
        self.how = how
        self.known = known
        book = rules_of(phrasebook)
        expected = " ".join(filter(None, (hotwords, book.hotwords)))
        self.recogniser = models.open_recogniser(model, threads=threads, hotwords=expected)
        super().__init__(book, self.recogniser)
        if hotwords and not self.recogniser.takes_hotwords:
            log.warning("the model %s takes no hotwords: they change nothing", self.recogniser.name)

    @property
    def judge(self) -> str:
        """As `CallAnalyzer` says; with the list of known voices, where there is one."""
        return " ".join(filter(None, (super().judge, self.known.version)))

    @cached_property
    def _speakers(self) -> VoiceEncoder | None:
        return load_voices()

    @cached_property
    def _voice(self) -> VoiceActivity:
        return VoiceActivity()

    def analyze(
        self,
        recording: Path,
        *,
        script: str | None = None,
        roles: Sequence[Role] | None = None,
        progress: Progress | None = None,
        peaks: Callable[[Peaks], None] | None = None,
        record: CallRecord = NOTHING_KNOWN,
    ) -> Report:
        """Hear one recording and judge it; `roles` names the channels in order.

        `peaks` is given the waveform, so that the sound need not be decoded again.
        """
        result = analyse_audio(
            recording,
            recogniser=self.recogniser,
            phrasebook=self.phrasebook,
            matcher=self.matcher,
            script=script,
            roles=roles,
            voice=self._voice,
            speakers=self._speakers,
            how=self.how,
            progress=progress,
            record=record,
            known=self.known,
        )
        if peaks:
            peaks(result.peaks)
        doubts = self.script_warnings(script, record, result.analysis)
        return build_report(result, phrasebook=self.phrasebook, warnings=doubts)
