"""What the first call of a process would load is loaded before the server takes calls.

Dictionaries, the judge and the tables of words are read when they are first asked for. That takes a
second, on a busy machine several, and blocks the event loop: calls that come back after a restart
wait, and sound that is placed by its arrival is placed late.
"""

from __future__ import annotations

from itertools import islice

from api.live.call_info import CallInfo
from api.live.sessions import Sessions
from api.live.text_session import LineRead, TextSession
from phrasebook import Phrasebook
from qa_engine.dialogue import Basis, SpokenLine
from qa_engine.events import Role
from qa_engine.rules.judgeable import Unjudgeable

LINES = 8
BEGAN_AT = "2000-01-01T00:00:00+00:00"


def rehearse(sessions: Sessions, book: Phrasebook | None) -> None:
    """A made-up call: some of the phrasebook's own test sentences, said by both speakers."""
    both = (Role.CUSTOMER, Role.AGENT)
    info = CallInfo(call_id="rehearsal", roles=both, began_at=BEGAN_AT, basis=Basis.WORDS)
    session = sessions.open_session(info)
    if book is None or not isinstance(session, TextSession):
        return
    said = (text for entry in book.entries for text in entry.tests.hit[:1])
    for number, text in enumerate(islice(said, LINES)):
        for side, role in enumerate(both):
            line = SpokenLine(text=text, speaker=role.value)
            session.read(LineRead(number=2 * number + side, role=role, line=line, is_final=True))
    session.close()
    session.result(Unjudgeable.NONE)
