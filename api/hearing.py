"""What the server hears calls with: phrasebook, matcher and recogniser, as settings name them."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from api.known_voices import read_known
from api.live.changing_rules import ChangingSessions
from api.live.cost import DecodeCost, measured
from api.live.recordings import Recordings
from api.live.rehearsal import rehearse
from api.live.sessions import Sessions
from api.rulebook.in_force import begin, in_force
from api.rulebook.judges import use_published_judge
from api.settings import Settings
from api.store import Store
from api.store.audio import AudioShelf
from api.traces import RECORDED
from models.recogniser import Recogniser, Samples
from phrasebook import Phrasebook

log = logging.getLogger("qa_engine.server")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the server needs to hear calls: both are loaded before the first call is taken."""

    sessions: Sessions
    recogniser: Recogniser
    book: Phrasebook | None = None
    """Without one, ended calls stay in the log and are not filed."""
    cost: DecodeCost | None = None
    """What a window costs here, where it was measured."""

    def book_of(self, version: str) -> Phrasebook:
        """The phrasebook that a report names, where rules may change while the server runs."""
        if isinstance(self.sessions, ChangingSessions):
            return self.sessions.book_of(version)
        assert self.book is not None
        return self.book


def load_hearing(settings: Settings, store: Store | None = None) -> Hearing:
    """Phrasebook, matcher and recogniser as the settings name them.

    With a store and no directory of their own the rules are the store's.
    """
    import models
    import phrasebook
    from api.live.session_factory import SessionFactory
    from qa_engine.matching.matcher import Matcher

    if store is not None:
        use_published_judge(store)
    of_record = store if settings.phrasebook is None else None
    if of_record is not None:
        begin(of_record)
        book = in_force(of_record).book
    else:
        book = phrasebook.load(settings.phrasebook or phrasebook.bundled())
    # One core is left to the event loop; a partial that a beam would better is soon overtaken.
    threads = max((os.cpu_count() or 2) - 1, 1)
    recogniser = models.open_recogniser(
        settings.model,
        threads=threads,
        partial_beams=1,
        hotwords=" ".join(filter(None, (settings.hotwords, book.hotwords))),
    )
    if settings.hotwords and not recogniser.takes_hotwords:
        log.warning("the model %s takes no hotwords: the setting changes nothing", recogniser.name)
    cost = measured(recogniser, demo_speech())
    if (calls := cost.live_calls) is not None:
        log.warning(
            "a window takes the model %s %.2f s here: this machine hears %d calls live",
            recogniser.name,
            cost.final_s,
            calls,
        )

    known = read_known(settings.known_voices)

    def make(book: Phrasebook) -> SessionFactory:
        return SessionFactory(book, Matcher(book), recogniser, known=known)

    sessions = make(book) if of_record is None else ChangingSessions(book, make, of_record)
    return Hearing(sessions, recogniser, book, cost)


def rehearsed(hearing: Hearing) -> Hearing:
    """The same, with all that its first call would have loaded."""
    rehearse(hearing.sessions, hearing.book)
    return hearing


def recordings_of(settings: Settings) -> Recordings | None:
    """Where the sound of live calls is kept for people. Raises StoreError."""
    if not settings.keep_sound:
        return None
    return Recordings(settings.data_dir / RECORDED, AudioShelf(settings.keep_sound))


def demo_speech() -> Samples:
    """A few seconds of the agent in a bundled call, to measure recognition with."""
    from qa_engine.audio.decode import blocks

    sound = islice(blocks(Path(__file__).parent / "demo" / "good.flac"), 2, 5)
    agent: Samples = np.concatenate(list(sound), axis=1)[0]
    return agent
