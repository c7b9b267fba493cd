"""What one utterance is believed to say, revised until it is final."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from models import guards
from models.recogniser import Transcript, Word
from qa_engine.events import Role, Utterance
from qa_engine.hearing.ear import Window
from qa_engine.hearing.simplified import simplified
from qa_engine.hearing.stable import StablePrefix
from qa_engine.prosody.contour import Contour
from qa_engine.prosody.listen import contour_of

__all__ = ["Hypothesis"]


class Hypothesis:
    """Transcripts of growing windows in, revisions of one `Utterance` out."""

    def __init__(self, *, utterance: int, channel: int, role: Role) -> None:
        self.utterance = utterance
        self._channel = channel
        self._role = role
        self._stable = StablePrefix()
        self._revision = 0
        self._shown = ""

    @property
    def shown(self) -> bool:
        """Whether the last revision had any text."""
        return bool(self._shown)

    def follow(self, before: Hypothesis) -> None:
        """A long turn was cut: what `before` agreed on and did not keep is agreed on here."""
        self._stable = StablePrefix(before._stable.after(before._shown))

    def revise(self, transcript: Transcript, window: Window) -> Utterance | None:
        """The next revision; a final window's is final. None: one that is not believed yet."""
        text = simplified(transcript.text)
        stable = len(text) if window.final else self._stable.revise(text)
        if stable is None:
            return None
        begin_ms, end_ms = _spoken(transcript, window)
        revised = Utterance(
            id=self.utterance,
            role=self._role,
            channel=self._channel,
            begin_ms=begin_ms,
            end_ms=end_ms,
            text=text,
            words=tuple(
                _in_call(word, window.begin_ms, end_ms) for word in _rewritten(transcript, text)
            ),
            confidence=transcript.confidence,
            intelligible=_believable(transcript, window),
            is_final=window.final,
            revision=self._revision,
            stable_chars=stable,
            level_dbfs=window.level_dbfs,
            contour=_contour(window, begin_ms, end_ms) if window.final else None,
            emotion=transcript.emotion,
            event=transcript.event,
        )
        self._revision += 1
        self._shown = text
        return revised


def _contour(window: Window, begin_ms: int, end_ms: int) -> Contour:
    from_ms = window.begin_ms
    return contour_of(window.samples, begin_ms=begin_ms - from_ms, end_ms=end_ms - from_ms)


def _spoken(transcript: Transcript, window: Window) -> tuple[int, int]:
    """When the speaking began and ended, in call time.

    The first word may be heard before voice activity is sure of it, and the last one in its
    hangover; what a window holds besides is silence.
    """
    begin_ms, end_ms = window.speech_begin_ms, window.speech_end_ms
    if transcript.words:
        begin_ms = min(begin_ms, window.begin_ms + transcript.words[0].begin_ms)
        end_ms = max(end_ms, window.begin_ms + transcript.words[-1].begin_ms)
    return begin_ms, max(begin_ms, end_ms)


def _rewritten(transcript: Transcript, text: str) -> list[Word]:
    """The words as `text` has them, character for character: only the whole tells which is meant.

    Words that do not spell the transcript are simplified one by one.
    """
    spelled = "".join(word.text for word in transcript.words)
    if spelled != transcript.text or len(text) != len(spelled):
        return [replace(word, text=simplified(word.text)) for word in transcript.words]
    begins = accumulate((len(word.text) for word in transcript.words), initial=0)
    return [
        replace(word, text=text[begin : begin + len(word.text)])
        for word, begin in zip(transcript.words, begins, strict=False)
    ]


def _in_call(word: Word, from_ms: int, until_ms: int) -> Word:
    """The word, its times moved from the window to the call."""
    begin_ms = min(from_ms + word.begin_ms, until_ms)
    end_ms = min(from_ms + word.end_ms, until_ms)
    return replace(word, begin_ms=begin_ms, end_ms=max(begin_ms, end_ms))


def _believable(transcript: Transcript, window: Window) -> bool:
    """The recogniser believes it, and there was speech enough for so many characters."""
    return transcript.intelligible and not guards.too_fast(transcript.text, window.spoken_ms)
