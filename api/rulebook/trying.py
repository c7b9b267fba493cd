"""One piece of the rules checked while somebody types it, and tried on what they say.

The whole pack is read with the piece in its place, so that every name is looked up; the linter
then looks at this rule alone, which takes a fraction of a second. Clashes with other rules are
found by the linter over the whole pack, before publishing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from api.rulebook.evidence import JudgedPlace, JudgedSide
from phrasebook import Phrasebook, PhrasebookErrors
from phrasebook.conditions import Condition, SaidCondition, walk
from phrasebook.model import AnchorKind, Entry, Speaker, Step
from phrasebook.pieces import assembled, section_of
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.matching.linting.findings import Level, LinterFinding
from qa_engine.matching.linting.linter import lint_phrasebook
from qa_engine.matching.linting.selftest import kept_spans, run_tests, why_missed
from qa_engine.rules.charging import standings
from qa_engine.text_call import judge_dialogue

__all__ = ["CheckedPiece", "Problem", "Recalled", "Tried", "check", "recall", "try_lines"]

MOST_LINES = 60
AGENT, CUSTOMER = "坐席", "客户"
_LABELS = {
    **dict.fromkeys((AGENT, "客服", "agent"), AGENT),
    **dict.fromkeys((CUSTOMER, "customer"), CUSTOMER),
}
_ROLES = {AGENT: Role.AGENT, CUSTOMER: Role.CUSTOMER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake, or a remark of the linter. `line` counts in the piece, 0 for the whole of it."""

    level: Level
    code: str
    line: int
    message: str
    piece: str = ""
    """Another piece than the one that was typed, where the mistake stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPiece:
    """`rule`: the entry or step that the piece is, where it can be read."""

    problems: tuple[Problem, ...]
    book: Phrasebook | None
    rule: Entry | Step | None

    @property
    def is_good(self) -> bool:
        return self.book is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedHit:
    """Where, why, and what it would do to a call's score: `effect`, and the reason of that."""

    begin: int
    end: int
    why: str
    effect: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A line that was tried; `held_back`: (begin, end, why) of what was dropped."""

    role: str
    text: str
    hits: tuple[TriedHit, ...]
    held_back: tuple[tuple[int, int, str], ...]
    missed: str = ""
    """Why nothing was found, where the rule listens to this speaker."""
    steps: tuple[str, ...] = ()
    """Steps that this line does."""


def check(pieces: Mapping[str, str], key: str, *, name: str, lint: bool = True) -> CheckedPiece:
    """`pieces` with the one that was typed in its place."""
    try:
        book = assembled(pieces, name=name)
    except PhrasebookErrors as errors:
        return CheckedPiece(
            problems=tuple(
                Problem(
                    level=Level.ERROR,
                    code=error.code.value,
                    line=error.line if error.path == key else 0,
                    message=error.sentence(),
                    piece="" if error.path == key else error.path,
                )
                for error in errors.errors
            ),
            book=None,
            rule=None,
        )
    rule = _rule(book, key)
    found: list[LinterFinding] = []
    if rule is not None:
        small = only_rule(book, rule)
        matcher = Matcher(small)
        found += run_tests(small, matcher)
        found += lint_phrasebook(small, matcher) if lint else []
    return CheckedPiece(problems=tuple(map(_told, _own(found, key))), book=book, rule=rule)


def only_rule(book: Phrasebook, rule: Entry | Step) -> Phrasebook:
    """The pack with nothing but this rule and the entries that it asks for."""
    wanted = {rule.id} | _asked(rule.condition, book)
    if isinstance(rule, Step) and rule.anchor.kind is AnchorKind.HIT:
        wanted.update(rule.anchor.refs)
    entries = tuple(entry for entry in book.entries if entry.id in wanted)
    steps = (replace(rule, after=()),) if isinstance(rule, Step) else ()
    return replace(book, entries=entries, steps=steps, scripts=(), default_script="")


def _asked(condition: Condition | None, book: Phrasebook) -> set[str]:
    conditions = [condition] if condition else []
    conditions += book.conditions.values()
    return {
        node.rule
        for one in conditions
        for node in walk(one.root)
        if isinstance(node, SaidCondition)
    }


def _rule(book: Phrasebook, key: str) -> Entry | Step | None:
    section, name = section_of(key)
    rules: Iterable[Entry | Step] = (*book.entries, *book.steps)
    if section not in ("entries", "steps"):
        return None
    # The id in the text counts, and may be another than the one in the key.
    return next((one for one in rules if one.where.path == key or one.id == name), None)


def _own(found: Iterable[LinterFinding], key: str) -> list[LinterFinding]:
    return [one for one in found if one.where.path == key]


def _told(finding: LinterFinding) -> Problem:
    return Problem(
        level=finding.level, code=finding.code, line=finding.where.line, message=finding.message
    )


def try_lines(book: Phrasebook, rule: Entry | Step, text: str) -> list[Tried]:
    """What the rule makes of sentences, each a call of its own, or of a dialogue (`坐席：…` a
    line), as in a call: heard with what the whole pack holds to be right, decided, and charged or
    laid before a person.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()][:MOST_LINES]
    spoken = [_spoken(line, rule) for line in lines]
    if not spoken:
        return []
    small = only_rule(book, rule)
    ids = {one.id for one in small.entries} | {one.id for one in small.steps}
    matcher = Matcher.of_rules(book, ids)
    together = any(_is_labelled(line) for line in lines)
    told: list[Tried] = []
    for part in [spoken] if together else [[one] for one in spoken]:
        told += _tried(part, small, matcher, rule)
    return told


def _tried(
    lines: Sequence[SpokenLine], small: Phrasebook, matcher: Matcher, rule: Entry | Step
) -> list[Tried]:
    result = judge_dialogue(
        Dialogue(lines=tuple(lines), shape="text", basis=Basis.WORDS),
        _ROLES,
        phrasebook=small,
        matcher=matcher,
    )
    found = standings(result.hits)
    told = []
    for number, line in enumerate(lines):
        hits = tuple(
            TriedHit(
                begin=hit.begin_char,
                end=hit.end_char,
                why=hit.why or hit.reason_zh,
                effect=found[hit.id].effect.value,
                reason=found[hit.id].reason.value,
            )
            for hit in result.hits
            if hit.utterance == number and hit.rule == rule.id
        )
        held = tuple(
            (hit.begin_char, hit.end_char, hit.reason_zh)
            for hit in result.held_back
            if hit.utterance == number and hit.rule == rule.id
        )
        done = tuple(one.step.title for one in result.steps if one.utterance == number)
        missed = ""
        if not hits and not held and not done and _listens(rule, line.speaker):
            missed = why_missed(small, matcher, rule, line.text)
        told.append(
            Tried(
                role=_ROLES[line.speaker].value,
                text=line.text,
                hits=hits,
                held_back=held,
                missed=missed,
                steps=done,
            )
        )
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Judged sentences of one side (`wrong`, `right`, `missed`), and how many of them it hits."""

    side: str
    said: int
    hit: int


def recall(
    book: Phrasebook, rule: Entry, judged: Mapping[JudgedSide, Sequence[JudgedPlace]]
) -> list[Recalled]:
    """What people's verdicts make of the rule as it is typed: each sentence by itself."""
    small = only_rule(book, rule)
    matcher = Matcher(small)
    found = []
    for side in (JudgedSide.WRONG, JudgedSide.RIGHT, JudgedSide.MISSED):
        # One sentence said twice is one example.
        told = {(one.quote, one.begin_char, one.end_char): one for one in judged.get(side, ())}
        hit = sum(_still_hits(small, matcher, rule, one) for one in told.values())
        if told:
            found.append(Recalled(side=side.value, said=len(told), hit=hit))
    return found


def _still_hits(book: Phrasebook, matcher: Matcher, rule: Entry, place: JudgedPlace) -> bool:
    return any(
        begin < place.end_char and place.begin_char < end
        for begin, end in kept_spans(book, matcher, rule, place.quote)
    )


def _is_labelled(line: str) -> bool:
    label, colon, said = line.replace("：", ":", 1).partition(":")
    return bool(colon and label.strip().lower() in _LABELS and said.strip())


def _spoken(line: str, rule: Entry | Step) -> SpokenLine:
    if _is_labelled(line):
        label, _, said = line.replace("：", ":", 1).partition(":")
        return SpokenLine(text=said.strip(), speaker=_LABELS[label.strip().lower()])
    speaker = CUSTOMER if rule.who is Speaker.CUSTOMER else AGENT
    return SpokenLine(text=line.strip(), speaker=speaker)


def _listens(rule: Entry | Step, speaker: str) -> bool:
    return rule.who is Speaker.ANY or (rule.who is Speaker.CUSTOMER) == (speaker == CUSTOMER)
