"""One entry as typed → `Entry`, with its exceptions and its relations to other utterances."""

from __future__ import annotations

from phrasebook.context import Context
from phrasebook.errors import Code
from phrasebook.excuses import read_relations, read_unless
from phrasebook.model import ALL_FRAMES, Audience, Entry, Frame, Kind, Severity, Speaker, Strictness
from phrasebook.nodes import Fields
from phrasebook.reader import FieldReader
from phrasebook.rule import (
    declare_rule,
    read_if,
    read_limit_of,
    read_record_of,
    read_tests,
    read_times_of,
    read_window,
    rule_id,
    untitled,
)
from phrasebook.words import AUDIENCES, FRAMES, KINDS, QUOTED, SEVERITIES, SPEAKERS, STRICTNESS

ENTRY_KEYS = (
    *("id", "title", "source", "say", "maybe", "who", "kind", "when"),
    *("unless", "before", "after"),
    *("quoted", "frames", "strict", "severity", "audience", "suggest", "coach", "points", "fatal"),
    *("voids_steps", "if", "times", "limit", "record", "tests"),
)


def build_entry(fields: Fields, context: Context) -> Entry:
    """Read one entry; what is wrong with it is told to the context."""
    id_ = rule_id(fields, "say")
    owner = f"entry '{id_}'" if id_ else "an entry"
    reader = FieldReader(fields, owner, ENTRY_KEYS, context)
    declare_rule(reader, id_, context.entry_ids)
    say = reader.patterns("say", required=True)
    excuses = read_unless(reader)
    kind = reader.choice("kind", KINDS, Kind.FORBIDDEN)
    suggest = reader.texts("suggest")
    if kind is Kind.FORBIDDEN and reader.get("suggest") is None:
        message = "'suggest' is missing; expected what to say instead (or kind: 触发)"
        reader.tell(reader.place("suggest"), Code.NO_SUGGESTION, message)
    return Entry(
        id=id_,
        title=reader.text("title", untitled(fields, id_, say)),
        say=say,
        maybe=reader.patterns("maybe"),
        who=reader.choice("who", SPEAKERS, Speaker.AGENT),
        kind=kind,
        when=read_window(reader),
        unless=tuple(excuses.patterns),
        before=(*read_relations(reader, "before"), *excuses.before),
        after=(*read_relations(reader, "after"), *excuses.after),
        skip_quoted=reader.choice("quoted", QUOTED, True),
        frames=_frames(reader),
        strict=reader.choice("strict", STRICTNESS, Strictness.NORMAL),
        suggest=suggest,
        coach=reader.text("coach"),
        severity=reader.choice("severity", SEVERITIES, Severity.MEDIUM),
        audience=reader.choice("audience", AUDIENCES, Audience.AGENT),
        points=reader.number("points", 0.0),
        fatal=reader.flag("fatal", False),
        voids_steps=reader.flag("voids_steps", False),
        source=reader.text("source"),
        condition=read_if(reader),
        times=read_times_of(reader),
        limit=read_limit_of(reader),
        record=read_record_of(reader),
        tests=read_tests(reader),
        where=fields.where,
    )


def _frames(reader: FieldReader) -> frozenset[Frame]:
    """`frames: 无`, or a list of those that excuse a hit; all of them where nothing is said."""
    found: frozenset[Frame] = frozenset()
    for value in (values := reader.items("frames")):
        found |= reader.word("frames", value, FRAMES, ALL_FRAMES)
    return found if values else ALL_FRAMES
