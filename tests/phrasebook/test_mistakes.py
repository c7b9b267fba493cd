"""One table of packs that people get wrong: each with the line and the code they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from phrasebook import Code, PhrasebookErrors, load

ENTRY = "entries:\n- id: promise\n  say: 保证\n  suggest: 我会尽快\n"
STEPS = "steps:\n- {id: a, say: 您好}\n- {id: b, say: 再见}\n"

MISTAKES: dict[str, tuple[str, int, Code, str]] = {
    "unknown list": (
        "entries:\n- id: promise\n  say: 年化{百分比x}\n  suggest: 好\n",
        *(3, Code.UNKNOWN_LIST),
        "entry 'promise' uses unknown list '百分比x'; did you mean '百分比'?",
    ),
    "unknown list of the pack": (
        "lists:\n  部门: 技术部\nentries:\n- {id: x, say: '转{部们}', suggest: 好}\n",
        *(4, Code.UNKNOWN_LIST, "did you mean '部门'?"),
    ),
    "unknown top key": ("entry: []\n", 1, Code.UNKNOWN_KEY, "did you mean 'entries'?"),
    "unknown entry key": (f"{ENTRY}  sugest: 好\n", 5, Code.UNKNOWN_KEY, "'suggest'?"),
    "unknown step key": (
        f"{STEPS}  suggest: 好\n".replace("}\n  s", ", s").replace("好\n", "好}\n"),
        *(3, Code.UNKNOWN_KEY, "unknown key 'suggest'"),
    ),
    "unknown conduct key": ("conduct:\n  silense: 15s\n", 2, Code.UNKNOWN_KEY, "'silence'?"),
    "unknown pack key": ("pack:\n  nmae: x\n", 2, Code.UNKNOWN_KEY, "'name'?"),
    "unknown test key": (f"{ENTRY}  tests: {{hits: [好]}}\n", 5, Code.UNKNOWN_KEY, "'hit'?"),
    "file is a list": ("- 我不知道\n", 1, Code.WRONG_TYPE, "expected keys such as entries:"),
    "entries are a mapping": ("entries:\n  id: x\n", 2, Code.WRONG_TYPE, "expected a list"),
    "entry is a text": ("entries:\n- 我不知道\n", 2, Code.WRONG_TYPE, "expected a mapping"),
    "id is a list": (f"{ENTRY}- id: [x]\n  say: 好\n  suggest: 好\n", 5, Code.WRONG_TYPE, "'id'"),
    "severity is a list": (f"{ENTRY}  severity: [高]\n", 5, Code.WRONG_TYPE, "a single value"),
    "tests are a list": (f"{ENTRY}  tests: [好]\n", 5, Code.WRONG_TYPE, "such as hit:"),
    "conduct is a list": ("conduct: [15s]\n", 1, Code.WRONG_TYPE, "expected a mapping"),
    "lists are a list": ("lists: [部门]\n", 1, Code.WRONG_TYPE, "expected a mapping of names"),
    "score item is a text": ("scorecard:\n  items: [语速]\n", 2, Code.WRONG_TYPE, "no mapping"),
    "unless is two things": (
        f"{ENTRY}  unless: [{{near: 不, before: {{say: 好}}}}]\n",
        *(5, Code.WRONG_TYPE, "found near and before"),
    ),
    "say is missing": ("entries:\n- id: x\n  suggest: 好\n", 2, Code.MISSING_KEY, "'say'"),
    "say holds nothing": (
        "entries:\n- id: x\n  say:\n  suggest: 好\n",
        *(3, Code.MISSING_KEY, "'say' is missing"),
    ),
    "relation says nothing": (f"{ENTRY}  before: {{who: 客户}}\n", 5, Code.MISSING_KEY, "'say'"),
    "script has no id": (
        f"{STEPS}scripts:\n- title: 内呼\n  steps: [a]\n",
        *(5, Code.MISSING_KEY, "'id'"),
    ),
    "say is empty": (
        "entries:\n- id: x\n  say: ['']\n  suggest: 好\n",
        *(3, Code.EMPTY, "expected words"),
    ),
    "say is an empty list": (
        "entries:\n- id: x\n  say: []\n  suggest: 好\n",
        *(3, Code.EMPTY, "empty list"),
    ),
    "suggest is empty": ("entries:\n- {id: x, say: 好, suggest: ''}\n", 2, Code.EMPTY, "'suggest'"),
    "suggest is missing": ("entries:\n- {id: x, say: 好}\n", 2, Code.NO_SUGGESTION, "kind: 触发"),
    "unknown speaker": (f"{ENTRY}  who: 经理\n", 5, Code.UNKNOWN_CHOICE, "坐席"),
    "unknown severity": (f"{ENTRY}  severity: 严重\n", 5, Code.UNKNOWN_CHOICE, "致命"),
    "unknown strictness": (
        f"{ENTRY}  strict: 很严\n",
        5,
        Code.UNKNOWN_CHOICE,
        "did you mean '严'?",
    ),
    "unknown kind": (f"{ENTRY}  kind: forbiden\n", 5, Code.UNKNOWN_CHOICE, "'forbidden'?"),
    "unknown audience": (f"{ENTRY}  audience: 老板\n", 5, Code.UNKNOWN_CHOICE, "主管"),
    "unknown quoted": (f"{ENTRY}  quoted: 忽略\n", 5, Code.UNKNOWN_CHOICE, "跳过"),
    "within without a unit": (
        f"{ENTRY}  before: {{say: 投诉, within: 60}}\n",
        *(5, Code.BAD_DURATION, "'within' is '60'; expected a time such as 30s"),
    ),
    "silence without a unit": ("conduct:\n  silence: 15\n", 2, Code.BAD_DURATION, "15"),
    "points in words": (f"{ENTRY}  points: 五\n", 5, Code.BAD_NUMBER, "0 to 10000"),
    "points below zero": (f"{ENTRY}  points: -5\n", 5, Code.BAD_NUMBER, "'-5'"),
    "points not a number": (f"{ENTRY}  points: .nan\n", 5, Code.BAD_NUMBER, "expected a number"),
    "near too far": (
        f"{ENTRY}  unless: [{{near: 不, within: 500}}]\n",
        *(5, Code.BAD_NUMBER, "1 to 200"),
    ),
    "half an interruption": ("conduct:\n  interruptions: 2.5\n", 2, Code.BAD_NUMBER, "whole"),
    "fatal is maybe": (f"{ENTRY}  fatal: maybe\n", 5, Code.BAD_FLAG, "是 or 否"),
    "when is vague": (f"{ENTRY}  when: 开头\n", 5, Code.BAD_WHEN, "first 30s"),
    "id is empty": (f"{ENTRY}- id: ''\n  say: 好\n  suggest: 好\n", 5, Code.EMPTY, "'id'"),
    "id with spaces": (
        f"{ENTRY}- id: a b\n  say: 好\n  suggest: 好\n",
        5,
        Code.BAD_ID,
        "'-' or '_'",
    ),
    "id twice": (f"{ENTRY}- id: promise\n  say: 好\n  suggest: 好\n", 5, Code.DUPLICATE_ID, ":2;"),
    "entry and step share an id": (
        f"{ENTRY}steps:\n- {{id: promise, say: 好}}\n",
        *(6, Code.DUPLICATE_ID, "the id is taken"),
    ),
    "key twice": (f"{ENTRY}  say: 承诺\n", 5, Code.DUPLICATE_KEY, "first on line 3"),
    "broken pattern": (
        "entries:\n- id: x\n  say:\n  - 好\n  - (这个|那个\n  suggest: 好\n",
        *(5, Code.PATTERN, "column 7: found the end of the line; expected ')'"),
    ),
    "pattern of options only": (f"{ENTRY}  unless: '[不]'\n", 5, Code.PATTERN, "optional"),
    "too many variants": (
        "entries:\n- id: x\n  say: (一|二|三|四|五)(一|二|三|四|五)(一|二|三|四)\n  suggest: 好\n",
        *(3, Code.TOO_MANY_VARIANTS, "stands for 100 variants; at most 64"),
    ),
    "line that YAML reads as a mapping": (
        "lists: {部门: 技术部}\nentries:\n- id: x\n  say:\n  - {部门}\n  suggest: 好\n",
        *(5, Code.QUOTED_BY_YAML, "needs '…' around it"),
    ),
    "line that YAML reads as a list": (
        "entries:\n- id: x\n  say:\n  - [真的]\n  suggest: 好\n",
        *(4, Code.QUOTED_BY_YAML, "begins with [ or {"),
    ),
    "line that YAML cannot read": (
        "entries:\n- id: x\n  say:\n  - [真的]我不知道\n  suggest: 好\n",
        *(4, Code.SYNTAX, "needs '…' around it"),
    ),
    "line that YAML reads as an anchor": (
        "entries:\n- id: x\n  say: &x 知道\n  suggest: 好\n",
        *(3, Code.YAML_FEATURE, "a YAML anchor"),
    ),
    "alias": (f"{ENTRY}  coach: *x\n", 5, Code.YAML_FEATURE, "a YAML alias"),
    "tag": ("pack: {name: !!python/object:os.system x}\n", 1, Code.YAML_FEATURE, "a YAML tag"),
    "tab": ("entries:\n\t- id: x\n", 2, Code.SYNTAX, "tab"),
    "full-width colon": (
        "entries:\n- id: x\n  say：我知道\n  suggest: 好\n",
        *(3, Code.SYNTAX, "full-width"),
    ),
    "full-width colon above a list": (
        "entries:\n- id: x\n  say：\n  - 我知道\n  suggest: 好\n",
        *(3, Code.SYNTAX, "full-width"),
    ),
    "second document": ("pack: {name: x}\n---\nentries: []\n", 2, Code.SYNTAX, "second document"),
    "nested too deep": ("pack: " + "[" * 40 + "]" * 40, 1, Code.TOO_MUCH, "nested"),
    "control character": (f'{ENTRY}  coach: "\\a"\n', 5, Code.BAD_CHARACTER, "U+0007"),
    "list of lists": (
        "lists:\n  甲: 好\n  乙: '{甲}们'\n",
        *(3, Code.LIST_TOO_RICH, "expected words"),
    ),
    "list named as a built-in": ("lists:\n  金额: 一块\n", 2, Code.BUILTIN_LIST, "built-in"),
    "unknown step after": (
        f"{STEPS}- id: c\n  say: 谢谢\n  after: [aa]\n",
        *(6, Code.UNKNOWN_STEP, "step 'c' names unknown step 'aa'; did you mean 'a'?"),
    ),
    "unknown step anchor": (
        f"{STEPS}- id: c\n  say: 谢谢\n  anchor: step:d\n",
        *(6, Code.UNKNOWN_STEP, "unknown step 'd'"),
    ),
    "unknown entry anchor": (
        f"{ENTRY}{STEPS}- id: c\n  say: 谢谢\n  anchor: hit:promises\n",
        *(10, Code.UNKNOWN_ENTRY, "did you mean 'promise'?"),
    ),
    "unknown step of a script": (
        f"{STEPS}scripts:\n- id: s\n  steps: [a, x]\n",
        *(6, Code.UNKNOWN_STEP, "script 's' names unknown step 'x'"),
    ),
    "unknown default script": (
        f"pack:\n  default_script: t\n{STEPS}scripts: [{{id: s, steps: [a]}}]\n",
        *(2, Code.UNKNOWN_SCRIPT, "unknown script 't'"),
    ),
    "unknown feed": (
        f"{ENTRY}scorecard:\n  items:\n  - id: i\n    points: 100\n    feeds: [conduct.silense]\n",
        *(9, Code.UNKNOWN_FEED, "did you mean 'conduct.silence'?"),
    ),
    "feed prefix of nothing": (
        f"{ENTRY}scorecard: {{items: [{{id: i, points: 100, feeds: 's9-*'}}]}}\n",
        *(5, Code.UNKNOWN_FEED, "'s9-*'"),
    ),
    "anchor of no kind": (
        "steps:\n- id: a\n  say: 好\n  anchor: call_begin\n",
        *(4, Code.BAD_ANCHOR, "expected call_start"),
    ),
    "step anchor without a step": (
        "steps:\n- id: a\n  say: 好\n  anchor: 'step:'\n",
        *(4, Code.BAD_ANCHOR, "step:ID"),
    ),
    "anchor on two steps": (
        "steps:\n- {id: a, say: 好}\n- {id: b, say: 好的}\n- {id: c, say: 行, anchor: 'step:a,b'}\n",
        *(4, Code.BAD_ANCHOR, "hit:ID,ID"),
    ),
    "circle": (
        "steps:\n- {id: a, say: 好, after: b}\n- {id: b, say: 好的, after: a}\n",
        *(2, Code.CYCLE, "step 'a' waits for itself: a → b → a"),
    ),
    "step after itself": (
        "steps:\n- {id: a, say: 好, anchor: 'step:a'}\n",
        *(2, Code.CYCLE, "a → a"),
    ),
    "script in the wrong order": (
        "steps:\n- {id: a, say: 好}\n- {id: b, say: 好的, after: a}\n"
        "scripts:\n- {id: s, steps: [b, a]}\n",
        *(5, Code.SCRIPT_ORDER, "lists 'b' before 'a'"),
    ),
    "script with a step twice": (
        f"{STEPS}scripts: [{{id: s, steps: [a, a]}}]\n",
        *(4, Code.DUPLICATE_ID, "lists step 'a' twice"),
    ),
    "window that closes before it opens": (
        "steps:\n- id: a\n  say: 好\n  from: 30s\n  within: 20s\n",
        *(5, Code.BAD_WINDOW, "closes 20000 ms after its anchor but opens at 30000 ms"),
    ),
    "window before the call": (
        "steps:\n- id: a\n  say: 好\n  from: -30s\n",
        *(4, Code.BAD_WINDOW, "before the call starts"),
    ),
    "window after the call": (
        "steps:\n- {id: a, say: 好, anchor: 通话结束, from: -5s, within: 5s}\n",
        *(2, Code.BAD_WINDOW, "after the call's end"),
    ),
    "window said twice": (
        "entries:\n- must: 本次通话被录音\n  when: first 30s\n  within: 20s\n",
        *(4, Code.BAD_WINDOW, "expected one of them"),
    ),
    "when of nothing": (f"{ENTRY}  when: first 0s\n", 5, Code.BAD_WINDOW, "spans nothing"),
    "within of nothing": (
        f"{ENTRY}  after:\n    say: 好\n    within: 0s\n",
        *(7, Code.BAD_WINDOW, "not positive"),
    ),
    "limits the wrong way round": (
        "conduct:\n  rate_low_cpm: 300\n  rate_high_cpm: 200\n",
        *(3, Code.BAD_WINDOW, "not below"),
    ),
    "must counts turns from the end": (
        "entries:\n- must: 本次通话被录音\n  when: last 3 turns\n",
        *(3, Code.BAD_WHEN, "in seconds"),
    ),
    "a window of turns before the end": (
        f"{STEPS}- {{id: c, say: 好的, anchor: call_end, within: 2句}}\n",
        *(4, Code.BAD_WINDOW, "counts turns from the call's end"),
    ),
    "no turns at all": (
        f"{ENTRY}  before: {{say: 好, within: 0句}}\n",
        *(5, Code.BAD_DURATION, "'within' is '0句'"),
    ),
    "a place that is none": (
        f"{ENTRY}  if: 命中:promise 里3句\n",
        *(5, Code.BAD_CONDITION, "found '里3句'; expected where, such as 前3句"),
    ),
    "a step that nobody has": (
        f"{ENTRY}  if: 完成:promise\n",
        *(5, Code.UNKNOWN_STEP, "names unknown step 'promise'"),
    ),
    "conditions in a circle": (
        f"{ENTRY}  if: 命中:b\n- {{id: b, say: 好的, suggest: 好, if: 非 命中:promise}}\n",
        *(2, Code.CONDITION_CIRCLE, "asks for itself: promise → b → promise"),
    ),
    "a record that is none": (
        f"{ENTRY}  record: 订单号 = 3\n",
        *(5, Code.BAD_RECORD, "a heading of the call's data"),
    ),
    "a bonus with points": (
        f"{ENTRY}scorecard:\n  items:\n  - {{id: h, points: 100, feeds: promise}}\n  - {{id: i, points: 1, bonus: 5, feeds: promise}}\n",
        *(8, Code.BAD_ITEM, "'points' stands beside 'bonus'"),
    ),
    "a person's item with feeds": (
        f"{ENTRY}scorecard:\n  items:\n  - {{id: i, points: 100, by: 人工, feeds: promise}}\n",
        *(7, Code.BAD_ITEM, "'feeds' stands beside"),
    ),
    "a fatal item of the machine's": (
        f"{ENTRY}scorecard:\n  items:\n  - {{id: i, points: 100, fatal: 是, feeds: promise}}\n",
        *(7, Code.BAD_ITEM, "items that a person scores"),
    ),
    "points that do not add up": (
        f"{ENTRY}scorecard:\n  total: 100\n  items:\n  - {{id: i, points: 90, feeds: promise}}\n",
        *(6, Code.SCORE_SUM, "add up to 90; expected the total, 100"),
    ),
    "step excused by another utterance": (
        "steps:\n- id: a\n  say: 好\n  unless: [{before: {say: 不}}]\n",
        *(4, Code.STEP_RELATION, "a line or near"),
    ),
    "test both ways": (
        f"{ENTRY}  tests:\n    hit: [我保证]\n    miss: [我保证]\n",
        *(7, Code.TEST_TWICE, "1 sentence(s)"),
    ),
}


@pytest.mark.parametrize(("text", "line", "code", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_once_with_its_line_and_code(
    text: str, line: int, code: Code, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PhrasebookErrors) as caught:
        load(path)
    told = [(error.line, error.code) for error in caught.value.errors]
    assert told == [(line, code)], str(caught.value)
    assert str(caught.value.errors[0]).startswith(f"{path}:{line}: [{code}] ")
    assert words in caught.value.errors[0].message


def test_ten_different_mistakes_are_all_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "entries.yaml").write_text(
        "entries:\n"
        "- id: promise\n"
        "  say: 年化{百分比x}\n"
        "  sugest: 好\n"
        "- id: promise\n"
        "  say: (保证|承诺\n"
        "  suggest: 我会尽快\n"
        "  who: 经理\n"
        "  when: 开头\n"
        "  severity: [高]\n"
        "  points: 五\n",
        encoding="utf-8",
    )
    (tmp_path / "steps.yaml").write_text(
        "steps:\n- id: closing\n  say: 再见\n  after: [opening]\n  within: 30\n",
        encoding="utf-8",
    )
    with pytest.raises(PhrasebookErrors) as caught:
        load(tmp_path)
    told = [(Path(e.path).name, e.line, e.code) for e in caught.value.errors]
    assert told == [
        ("entries.yaml", 2, Code.NO_SUGGESTION),
        ("entries.yaml", 3, Code.UNKNOWN_LIST),
        ("entries.yaml", 4, Code.UNKNOWN_KEY),
        ("entries.yaml", 5, Code.DUPLICATE_ID),
        ("entries.yaml", 6, Code.PATTERN),
        ("entries.yaml", 8, Code.UNKNOWN_CHOICE),
        ("entries.yaml", 9, Code.BAD_WHEN),
        ("entries.yaml", 10, Code.WRONG_TYPE),
        ("entries.yaml", 11, Code.BAD_NUMBER),
        ("steps.yaml", 4, Code.UNKNOWN_STEP),
        ("steps.yaml", 5, Code.BAD_DURATION),
    ]
    assert len(str(caught.value).splitlines()) == len(told)


def test_every_code_has_a_line_of_documentation() -> None:
    assert len({code.value for code in Code}) == len(Code)
    assert all(code.doc and "\n" not in code.doc for code in Code)
