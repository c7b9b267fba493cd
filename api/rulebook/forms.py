"""A piece of the rules as the fields of a form, and back: the text stays what counts.

What a form does not show (a `near`, a mapping of its own keys) is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from api.rulebook.relation_lines import read_relations, relation_lines
from phrasebook.pieces import section_of, text_of
from phrasebook.words import (
    AUDIENCES,
    KINDS,
    QUOTED,
    SEVERITIES,
    SPEAKERS,
    STRICTNESS,
    WRONG_ANSWERS,
)

if TYPE_CHECKING:
    from yaml import SafeLoader

__all__ = ["FIELDS", "FormField", "fields_of", "new_text", "with_fields"]


@dataclass(frozen=True, slots=True)
class FormField:
    """`kind`: line, lines, relations, choice (of `words`, the first meaning of each).

    `within`: a mapping, in which it is called `key` where that is another name.
    """

    name: str
    kind: str = "line"
    words: tuple[str, ...] = ()
    within: str = ""
    key: str = ""

    @property
    def place(self) -> str:
        return self.key or self.name


def _words(meanings: Mapping[str, object]) -> tuple[str, ...]:
    """The first word of each meaning, as packs are written out."""
    found: dict[object, str] = {}
    for word, meaning in meanings.items():
        found.setdefault(meaning, word)
    return tuple(found.values())


_TESTS = (FormField("hit", "lines", within="tests"), FormField("miss", "lines", within="tests"))
_SPEAKERS = _words(SPEAKERS)
_SEVERITIES = _words(SEVERITIES)
_SHARED = (
    FormField("points"),
    FormField("fatal", "choice", ("否", "是")),
    FormField("if"),
)
FIELDS: Mapping[str, tuple[FormField, ...]] = {
    "entries": (
        FormField("title"),
        FormField("say", "lines"),
        FormField("suggest", "lines"),
        FormField("who", "choice", _SPEAKERS),
        FormField("severity", "choice", ("中", *(one for one in _SEVERITIES if one != "中"))),
        FormField("maybe", "lines"),
        FormField("unless", "lines"),
        FormField("before", "relations"),
        FormField("after", "relations"),
        *_TESTS,
        FormField("when"),
        *_SHARED,
        FormField("times"),
        FormField("limit"),
        FormField("record"),
        FormField("strict", "choice", ("中", *(one for one in _words(STRICTNESS) if one != "中"))),
        FormField("kind", "choice", _words(KINDS)),
        FormField("audience", "choice", _words(AUDIENCES)),
        FormField("quoted", "choice", _words(QUOTED)),
        FormField("voids_steps", "choice", ("否", "是")),
        FormField("frames", "lines"),
        FormField("coach"),
        FormField("source"),
    ),
    "steps": (
        FormField("title"),
        FormField("say", "lines"),
        FormField("prompt"),
        FormField("who", "choice", _SPEAKERS),
        FormField("anchor"),
        FormField("from"),
        FormField("within"),
        FormField("required", "choice", ("是", "否")),
        FormField("unless", "lines"),
        *_TESTS,
        *_SHARED,
        FormField("record"),
        FormField("strict", "choice", _words(STRICTNESS)),
        FormField("coach"),
        FormField("source"),
    ),
    "asks": (
        FormField("title"),
        FormField("ask"),
        FormField("yes"),
        FormField("no"),
        FormField("na"),
        *(
            FormField(f"example_{answer}", "lines", within="examples", key=answer)
            for answer in ("yes", "no", "na")
        ),
        FormField("who", "choice", _SPEAKERS),
        FormField("wrong", "choice", _words(WRONG_ANSWERS)),
        FormField("suggest", "lines"),
        FormField("severity", "choice", ("中", *(one for one in _SEVERITIES if one != "中"))),
        *_SHARED,
        FormField("audience", "choice", ("复核", "坐席", "主管")),
        FormField("coach"),
        FormField("source"),
    ),
    "scripts": (FormField("title"), FormField("steps", "lines"), FormField("if")),
    "lists": (FormField("values", "lines"),),
    "conditions": (FormField("value"),),
}
"""By section; what stands once in a pack has no form."""
_ORDER = {
    "entries": (
        *("id", "title", "source", "say", "who", "kind", "when", "unless", "before", "after"),
        *("quoted", "frames", "strict", "severity", "audience", "suggest", "coach", "points"),
        *("fatal", "voids_steps", "if", "times", "limit", "record", "tests"),
    ),
    "steps": (
        *("id", "title", "source", "say", "who", "anchor", "from", "within", "after", "unless"),
        *("required", "prompt", "coach", "strict", "severity", "points", "fatal", "if"),
        *("record", "tests"),
    ),
    "asks": (
        *("id", "title", "source", "ask", "who", "if", "yes", "no", "na", "wrong", "examples"),
        *("suggest", "coach", "severity", "audience", "points", "fatal"),
    ),
    "scripts": ("id", "title", "steps", "if"),
}


def fields_of(key: str, text: str) -> dict[str, str] | None:
    """The value of each field, lines one a line; None for a text that a form cannot show."""
    section, name = section_of(key)
    content = _read(text)
    if content is None or section not in FIELDS:
        return None
    if section in ("lists", "conditions"):
        name = name if name in content else next(iter(content), name)
        return {FIELDS[section][0].name: _shown(content.get(name))}
    found = {}
    for field in FIELDS[section]:
        place = content.get(field.within) if field.within else content
        value = place.get(field.place) if isinstance(place, dict) else None
        found[field.name] = _shown_in(field, value)
    return found


def with_fields(key: str, text: str, fields: Mapping[str, str]) -> str:
    """The text with the fields of a form in it; as it is where it is no YAML to put them in."""
    section, name = section_of(key)
    content = _read(text)
    if content is None or section not in FIELDS:
        return text
    if section in ("lists", "conditions"):
        (field,) = FIELDS[section]
        name = name if name in content else next(iter(content), name)
        typed = fields.get(field.name, "")
        content[name] = _lines(typed) if field.kind == "lines" else typed.strip()
        return text_of(content)
    before = list(content)
    for field in FIELDS[section]:
        if field.name in fields:
            _put(content, field, fields[field.name])
    return text_of({one: content[one] for one in _ordered(list(content), before, _ORDER[section])})


def _ordered(now: list[str], before: list[str], usual: Sequence[str]) -> list[str]:
    """What stood there stays where it stood; what is new goes before what usually follows it."""
    order = [one for one in before if one in now]
    for new in (one for one in usual if one in now and one not in before):
        later = set(usual[usual.index(new) + 1 :])
        place = next((at for at, one in enumerate(order) if one in later), len(order))
        order.insert(place, new)
    return [*order, *(one for one in now if one not in order)]


def new_text(section: str, name: str) -> str:
    """What a new piece begins with."""
    if section == "lists":
        return text_of({name: ["…"]})
    if section == "conditions":
        return text_of({name: "方向 = 呼出"})
    if section == "asks":
        return text_of({"id": name, "title": name, "ask": "", "yes": "", "no": ""})
    return text_of({"id": name, "title": name, "ask" if section == "asks" else "say": ""})


def _put(content: dict[str, Any], field: FormField, typed: str) -> None:
    place = content
    if field.within:
        inner = content.get(field.within)
        place = inner if isinstance(inner, dict) else {}
    if field.place in place and typed.strip() == _shown_in(field, place[field.place]).strip():
        return
    value: Any = typed.strip()
    if field.kind == "lines":
        kept = place.get(field.place)
        rich = [one for one in kept if not isinstance(one, str)] if isinstance(kept, list) else []
        value = [*_lines(typed), *rich]
    elif field.kind == "relations":
        value = read_relations(typed)
    elif field.kind == "choice" and value == field.words[0] and field.place not in place:
        # The default need not be said.
        value = ""
    if value:
        place[field.place] = value
    else:
        place.pop(field.place, None)
    if field.within:
        if place:
            content[field.within] = place
        else:
            content.pop(field.within, None)


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def _shown_in(field: FormField, value: Any) -> str:
    return relation_lines(value) if field.kind == "relations" else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(one for one in value if isinstance(one, str))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _read(text: str) -> dict[str, Any] | None:
    """Everything as it was typed, numbers as numbers: no date, no bare yes."""
    import yaml

    try:
        content = yaml.load(text, Loader=_loader())
    except yaml.YAMLError:
        return None
    return content if isinstance(content, dict) else None


@cache
def _loader() -> type[SafeLoader]:
    import yaml

    class PlainLoader(yaml.SafeLoader):
        """Text, numbers, true and false."""

    PlainLoader.yaml_implicit_resolvers = {}
    for kind, form in (
        ("int", r"-?(?:0|[1-9]\d*)"),
        ("float", r"-?\d+\.\d+"),
        ("bool", "true|false"),
    ):
        whole = re.compile(f"(?:{form})$")
        PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", whole, list("-0123456789tf"))
    return PlainLoader
