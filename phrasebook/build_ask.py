"""One question as typed → `Ask`."""

from __future__ import annotations

from phrasebook.ask import Answer, Ask, Examples
from phrasebook.context import Context
from phrasebook.model import Audience, Severity, Speaker
from phrasebook.nodes import Fields
from phrasebook.reader import FieldReader, reader_of
from phrasebook.rule import declare_rule, read_if, rule_id
from phrasebook.words import AUDIENCES, SEVERITIES, SPEAKERS, WRONG_ANSWERS

ASK_KEYS = (
    *("id", "title", "source", "ask", "who", "if", "yes", "no", "na", "wrong", "examples"),
    *("suggest", "coach", "severity", "audience", "points", "fatal"),
)
EXAMPLE_KEYS = ("yes", "no", "na")


def build_ask(fields: Fields, context: Context) -> Ask:
    """Read one question; what is wrong with it is told to the context."""
    id_ = rule_id(fields, "ask")
    owner = f"question '{id_}'" if id_ else "a question"
    reader = FieldReader(fields, owner, ASK_KEYS, context)
    declare_rule(reader, id_, context.ask_ids, "ask")
    for key in ("ask", "yes", "no"):
        if reader.get(key) is None:
            reader.missing(key)
    question = reader.text("ask")
    return Ask(
        id=id_,
        title=reader.text("title", id_ if "id" in fields.values else question),
        question=question,
        who=reader.choice("who", SPEAKERS, Speaker.AGENT),
        yes=reader.text("yes"),
        no=reader.text("no"),
        na=reader.text("na"),
        wrong=reader.choice("wrong", WRONG_ANSWERS, (Answer.NO,))[0],
        examples=_examples(reader),
        suggest=reader.texts("suggest"),
        coach=reader.text("coach"),
        severity=reader.choice("severity", SEVERITIES, Severity.MEDIUM),
        audience=reader.choice("audience", AUDIENCES, Audience.REVIEW),
        points=reader.number("points", 0.0),
        fatal=reader.flag("fatal", False),
        source=reader.text("source"),
        condition=read_if(reader),
        where=fields.where,
    )


def _examples(reader: FieldReader) -> Examples:
    value = reader.get("examples")
    inner = reader_of(reader, "examples", value, EXAMPLE_KEYS) if value is not None else None
    if inner is None:
        return Examples()
    return Examples(**{key: inner.texts(key) for key in EXAMPLE_KEYS})
