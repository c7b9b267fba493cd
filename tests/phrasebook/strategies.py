"""Random patterns and packs, in their canonical form: what `parse` gives and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from phrasebook.ask import Answer, Ask, Examples
from phrasebook.conditions import read_condition
from phrasebook.durations import MAX_MS
from phrasebook.limits import Times, read_limit
from phrasebook.model import (
    ALL_FRAMES,
    Anchor,
    AnchorKind,
    Audience,
    ConductLimits,
    Entry,
    Exception_,
    Frame,
    JudgeableLimits,
    Kind,
    Phrasebook,
    Relation,
    Script,
    Severity,
    Speaker,
    Step,
    Strictness,
    Tests,
    When,
    Where,
)
from phrasebook.parse import parse
from phrasebook.pattern import Pattern
from phrasebook.scorecard import Charge, Scorecard, ScoreItem
from phrasebook.slots import is_plain
from phrasebook.spoken_record import SpokenRecord
from phrasebook.version import with_version

NOWHERE = Where(path="", line=0)
WORDS = st.text("我不知道这个业务VX18", min_size=1, max_size=4)
QUOTED = st.text("加V信 :/…=&|[(.", min_size=1, max_size=5).map(str.strip).filter(bool)
SENTENCES = st.text("您好，请稍等！=+-@'\"#N/A:{}[]| 12", min_size=1, max_size=12).map(str.strip)
TEXTS = st.one_of(SENTENCES, st.sampled_from(["null", "true", "否", "1.50", "=1+1", "~", "'=x"]))
FILLED = TEXTS.filter(bool)
BLOCKS = st.lists(FILLED, max_size=3).map("\n".join)


@st.composite
def lines(draw: st.DrawFn, depth: int = 2, lists: tuple[str, ...] = ("百分比", "部门")) -> str:
    """A valid line of the pattern language, with spaces and brackets anyhow."""
    head = draw(WORDS)
    parts = draw(st.lists(_part(depth, lists), max_size=3))
    line = "".join([head, *parts])
    if depth == 2 and draw(st.booleans()):
        mark = draw(st.sampled_from([" & ", "& ", " &9 "]))
        line = f"{line}{mark}{draw(WORDS)}"
    return line


def _part(depth: int, lists: tuple[str, ...]) -> st.SearchStrategy[str]:
    flat = [
        WORDS,
        QUOTED.map(lambda text: f"“{text}”"),
        st.tuples(st.sampled_from([" ... ", "… ", " ...3 ", "......12 "]), WORDS).map("".join),
        WORDS.map(lambda text: f"，{text}。"),
    ]
    if lists:
        flat.append(st.sampled_from(lists).map(lambda name: f"{{{name}}}"))
    if depth == 0:
        return st.one_of(flat)
    inner = st.lists(lines(depth=depth - 1, lists=lists), min_size=1, max_size=2)
    joined = inner.map("|".join)
    return st.one_of(*flat, joined.map("({})".format), joined.map("（{}）[也]".format))


PATTERNS: st.SearchStrategy[Pattern] = lines().map(parse)
IDS = st.from_regex(r"[a-z甲乙丙][a-z0-9_\-丁]{0,8}", fullmatch=True)
MS = st.sampled_from([500, 1_000, 30_000, 60_000, 90_000, 7_250])


def _patterns(most: int = 2) -> st.SearchStrategy[tuple[Pattern, ...]]:
    few = lines(depth=1).map(parse)
    return st.lists(few, min_size=1, max_size=most).map(tuple)


EXCEPTIONS = st.builds(
    Exception_,
    pattern=lines(depth=0).map(parse),
    near_chars=st.none() | st.integers(1, 200),
)


def _relations() -> st.SearchStrategy[tuple[Relation, ...]]:
    """Required ones stand before excusing ones, as in a loaded pack."""
    one = st.builds(
        Relation,
        say=_patterns(),
        who=st.sampled_from(Speaker),
        within_ms=MS,
        excuses=st.booleans(),
    )
    near = st.builds(
        lambda relation, turns: replace(relation, within_ms=MAX_MS, within_turns=turns),
        one,
        st.integers(1, 99),
    )
    one = one | near
    return st.lists(one, max_size=2).map(lambda r: tuple(sorted(r, key=lambda x: x.excuses)))


CONDITIONS = st.none() | st.sampled_from(
    [
        read_condition(typed)
        for typed in ("方向 = 呼出", "非 (产品 = 年金险/万能险 且 时长 >= 60s)", "挂机方 = 客户")
    ]
)
RECORDS = st.none() | st.sampled_from([SpokenRecord("客户姓名"), SpokenRecord("订单号", 4)])
CAPS = st.sampled_from([{}, {"态度": 10.0}])
TESTS = st.builds(
    lambda hit, miss: Tests(hit=tuple(hit), miss=tuple(m for m in miss if m not in hit)),
    st.lists(FILLED, max_size=2),
    st.lists(FILLED, max_size=2),
)
POINTS = st.sampled_from([0.0, 1.0, 2.5, 100.0])


def _entry(id_: str) -> st.SearchStrategy[Entry]:
    return st.builds(
        Entry,
        id=st.just(id_),
        title=FILLED,
        say=_patterns(),
        maybe=st.just(()) | _patterns(),
        who=st.sampled_from(Speaker),
        kind=st.sampled_from(Kind),
        when=st.none() | st.builds(When, first_ms=MS, last_turns=st.none() | st.just(2)),
        unless=st.lists(EXCEPTIONS, max_size=2).map(tuple),
        before=_relations(),
        after=_relations(),
        skip_quoted=st.booleans(),
        strict=st.sampled_from(Strictness),
        suggest=st.lists(FILLED, min_size=1, max_size=2).map(tuple),
        coach=BLOCKS,
        severity=st.sampled_from(Severity),
        audience=st.sampled_from(Audience),
        points=POINTS,
        fatal=st.booleans(),
        source=TEXTS,
        frames=st.sampled_from([ALL_FRAMES, frozenset(), frozenset({Frame.CONDITION})]),
        condition=CONDITIONS,
        times=st.none() | st.builds(Times, st.integers(1, 9), st.booleans()),
        limit=st.none() | st.sampled_from([read_limit("百分比 > 3.5"), read_limit("金额 >= 权限")]),
        record=RECORDS,
        tests=TESTS,
        where=st.just(NOWHERE),
    )


@st.composite
def _step(draw: st.DrawFn, id_: str, earlier: tuple[str, ...], entries: tuple[str, ...]) -> Step:
    kinds = [AnchorKind.CALL_START, AnchorKind.CALL_END]
    kinds += [AnchorKind.STEP] if earlier else []
    kinds += [AnchorKind.HIT] if entries else []
    kind = draw(st.sampled_from(kinds))
    refs = {AnchorKind.STEP: earlier, AnchorKind.HIT: entries}.get(kind, ("",))
    ref = draw(st.sampled_from(refs))
    others = st.lists(st.sampled_from([one for one in refs if one != ref] or [ref]), unique=True)
    also = tuple(draw(others)) if kind is AnchorKind.HIT and len(refs) > 1 else ()
    at_end = kind is AnchorKind.CALL_END
    from_ms = -draw(MS) if at_end else draw(st.sampled_from([0, 5_000]))
    turns = None if at_end else draw(st.none() | st.integers(1, 9))
    within_ms = draw(st.none() | st.just(20_000)) if turns is None else None
    return Step(
        id=id_,
        title=draw(FILLED),
        say=draw(_patterns()),
        who=draw(st.sampled_from(Speaker)),
        anchor=Anchor(kind=kind, ref=ref, also=also),
        from_ms=from_ms,
        within_ms=0 if at_end else within_ms,
        within_turns=turns,
        after=tuple(name for name in earlier if draw(st.booleans())),
        unless=tuple(draw(st.lists(EXCEPTIONS, max_size=1))),
        required=draw(st.booleans()),
        prompt=draw(BLOCKS),
        coach=draw(BLOCKS),
        strict=draw(st.sampled_from(Strictness)),
        severity=draw(st.sampled_from(Severity)),
        points=draw(POINTS),
        fatal=draw(st.booleans()),
        source=draw(TEXTS),
        condition=draw(CONDITIONS),
        record=draw(RECORDS),
        tests=draw(TESTS),
        where=NOWHERE,
    )


def _ask(id_: str) -> st.SearchStrategy[Ask]:
    said = st.lists(FILLED, max_size=2).map(tuple)
    return st.builds(
        Ask,
        id=st.just(id_),
        title=FILLED,
        question=FILLED,
        who=st.sampled_from(Speaker),
        yes=FILLED,
        no=FILLED,
        na=TEXTS,
        wrong=st.sampled_from([Answer.YES, Answer.NO, None]),
        examples=st.builds(Examples, yes=said, no=said, na=said),
        suggest=st.lists(FILLED, max_size=2).map(tuple),
        coach=BLOCKS,
        severity=st.sampled_from(Severity),
        audience=st.sampled_from(Audience),
        points=POINTS,
        fatal=st.booleans(),
        source=TEXTS,
        where=st.just(NOWHERE),
    )


LIST_VALUES = lines(depth=0, lists=()).map(parse).filter(is_plain)


@st.composite
def phrasebooks(draw: st.DrawFn) -> Phrasebook:
    """A small pack that uses everything a pack may hold."""
    ids = draw(st.lists(IDS, min_size=2, max_size=6, unique=True))
    asks = (draw(_ask(ids.pop())),) if len(ids) > 2 and draw(st.booleans()) else ()
    split = draw(st.integers(1, len(ids)))
    entry_ids, step_ids = tuple(ids[:split]), tuple(ids[split:])
    entries = tuple(draw(_entry(id_)) for id_ in entry_ids)
    steps = tuple(
        draw(_step(id_, step_ids[:index], entry_ids)) for index, id_ in enumerate(step_ids)
    )
    script = Script(
        id="s", title=draw(FILLED), steps=step_ids, condition=draw(CONDITIONS), where=NOWHERE
    )
    conditions = {"夜间": read_condition("时刻 = 21:00-08:00 或 渠道 = 内部 测试")}
    item = ScoreItem(
        id="all",
        title=draw(FILLED),
        group=draw(TEXTS),
        points=60.0,
        feeds=("conduct.silence", f"{entry_ids[0]}*"),
        charge=draw(st.sampled_from(Charge)),
        where=NOWHERE,
    )
    items = (
        item,
        ScoreItem(id="own", title="语气", group="态度", points=20.0, feeds=(), where=NOWHERE),
        replace(item, id="more", points=0.0, bonus=draw(st.sampled_from([1.0, 2.5]))),
        replace(item, id="leak", points=0.0, feeds=(), charge=Charge.EACH, fatal=True),
    )
    card = Scorecard(total=80.0, pass_score=60.5, items=items, caps=draw(CAPS))
    return with_version(
        Phrasebook(
            name=draw(FILLED),
            version=draw(st.sampled_from(["1.0", "2026-07", "0"])),
            entries=entries,
            steps=steps,
            asks=asks,
            scripts=(script,) if step_ids else (),
            lists={"部门": tuple(draw(st.lists(LIST_VALUES, min_size=1, max_size=3)))},
            conduct=ConductLimits(silence_ms=draw(MS), rate_high_cpm=draw(st.integers(121, 400))),
            judgeable=JudgeableLimits(
                speech_ms=draw(MS), unclear_share=draw(st.sampled_from([0.0, 0.4, 1.0]))
            ),
            scorecard=card,
            conditions=conditions if draw(st.booleans()) else {},
            default_script="s" if step_ids else "",
            hotwords=draw(st.sampled_from(["", "尊享计划", "尊享计划 犹豫期"])),
        )
    )


def without_places(book: Phrasebook) -> Phrasebook:
    """The same pack with every `where` forgotten, to compare packs read from different files."""
    return replace(
        book,
        entries=tuple(replace(entry, where=NOWHERE) for entry in book.entries),
        steps=tuple(replace(step, where=NOWHERE) for step in book.steps),
        asks=tuple(replace(ask, where=NOWHERE) for ask in book.asks),
        scripts=tuple(replace(script, where=NOWHERE) for script in book.scripts),
        scorecard=replace(
            book.scorecard,
            items=tuple(replace(item, where=NOWHERE) for item in book.scorecard.items),
        ),
    )
