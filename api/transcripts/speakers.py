"""Who is who in a transcript: by what its speakers are called, by wish, or by what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from api.transcripts.errors import TranscriptError
from phrasebook.model import Phrasebook, Speaker
from qa_engine.audio.channels import agent_of_two
from qa_engine.dialogue import Dialogue
from qa_engine.events import Role
from qa_engine.matching import Matcher

__all__ = ["named_role", "roles_of"]

_AGENT = (
    "agent 坐席 座席 客服 客服专员 话务员 业务员 专员 人工客服 接线员 员工 operator staff "
    "representative rep seat service internal assistant"
).split()
_CUSTOMER = (
    "customer 客户 顾客 用户 来电 来电人 主叫 会员 买家 访客 乘客 患者 caller client user "
    "visitor external guest"
).split()
_NAMES = {
    **dict.fromkeys(_AGENT, Role.AGENT),
    **dict.fromkeys(_CUSTOMER, Role.CUSTOMER),
}
_NUMBERED = re.compile(r"^(.*?)[\s_#\-]*\d+$")


def named_role(speaker: str) -> Role | None:
    """The role that a speaker's label says: 坐席, 客服01, Customer; None where it says nothing."""
    label = speaker.strip().strip("[]【】()（）").lower()
    numbered = _NUMBERED.match(label)
    return _NAMES.get(label) or (_NAMES.get(numbered[1]) if numbered else None)


def roles_of(
    dialogue: Dialogue,
    *,
    asked: Sequence[Role] | None,
    phrasebook: Phrasebook,
    matcher: Matcher,
) -> tuple[Mapping[str, Role], bool]:
    """The role of each speaker, and whether it was inferred from what they say.

    `asked` gives the roles of the speakers in order (channel 0 first; of names, the first to
    speak first). Raises TranscriptError where nothing tells who is the agent.
    """
    speakers = sorted(dialogue.speakers, key=_order) if _numbered(dialogue) else dialogue.speakers
    named = {speaker: named_role(speaker) for speaker in speakers}
    known = {speaker: role for speaker, role in named.items() if role}
    if len(known) == len(named):
        return known, False
    if asked:
        other = Role.CUSTOMER if asked[0] is Role.AGENT else Role.AGENT
        rest = [speaker for speaker in speakers if speaker not in known]
        order = (asked[0], other) if not known else _missing(known, asked[0])
        if len(rest) <= len(order):
            return {**known, **dict(zip(rest, order, strict=False))}, False
    if len(speakers) == 2:
        inferred = _by_words(dialogue, speakers, known, phrasebook, matcher)
        if inferred:
            return inferred, True
    raise TranscriptError(
        f"{len(speakers)} speakers of whom nobody says who is the agent; name them 坐席 and 客户 "
        "in the file, or say --roles agent,customer in the order of their channels"
    )


def _missing(known: Mapping[str, Role], first: Role) -> tuple[Role, ...]:
    left = [role for role in Role if role not in known.values()]
    return tuple(left) or (first,)


def _by_words(
    dialogue: Dialogue,
    speakers: Sequence[str],
    known: Mapping[str, Role],
    phrasebook: Phrasebook,
    matcher: Matcher,
) -> dict[str, Role] | None:
    """From the sentences that only an agent says: greeting, identity check, closing."""
    if known:
        (role,) = set(known.values())
        other = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
        return {speaker: known.get(speaker, other) for speaker in speakers}
    own = {step.id for step in phrasebook.steps if step.who is Speaker.AGENT}
    said: dict[str, set[str]] = {speaker: set() for speaker in speakers}
    texts = [line.text for line in dialogue.lines]
    for line, matches in zip(dialogue.lines, matcher.find_many(texts), strict=True):
        said[line.speaker] |= {m.owner for m in matches if m.kind == "step"} & own
    agent = agent_of_two([said[speaker] for speaker in speakers])
    if agent is None:
        return None
    return {
        speaker: Role.AGENT if number == agent else Role.CUSTOMER
        for number, speaker in enumerate(speakers)
    }


def _numbered(dialogue: Dialogue) -> bool:
    return all(re.search(r"\d+$", speaker) for speaker in dialogue.speakers)


def _order(speaker: str) -> int:
    found = re.search(r"\d+$", speaker)
    return int(found[0]) if found else 0
