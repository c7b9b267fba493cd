"""`if`, `times`, `limit`, `charge` and `caps`: typed, written back, and told where they are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phrasebook import PhrasebookErrors, load, sheets, to_yaml
from phrasebook.conditions import Compare, ConditionError, read_condition

PAGE = Path(__file__).parents[2] / "phrasebook" / "GRAMMAR.md"
PACKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def loaded(folder: Path, text: str) -> None:
    (folder / "pack.yaml").write_text(text, "utf-8")
    load(folder / "pack.yaml")


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("form", ["again.yaml", "again.xlsx", "again"])
def test_every_example_survives_yaml_and_sheets(tmp_path: Path, pack: str, form: str) -> None:
    (tmp_path / "pack.yaml").write_text(pack, "utf-8")
    book = load(tmp_path / "pack.yaml")
    target = tmp_path / form
    if form.endswith(".yaml"):
        target.write_text(to_yaml(book), "utf-8")
    else:
        sheets.export(book, target)

    again = load(target)

    assert again.version == book.version
    assert again.conditions == book.conditions
    assert [(e.condition, e.times, e.limit) for e in again.entries] == [
        (e.condition, e.times, e.limit) for e in book.entries
    ]
    assert [s.condition for s in again.steps] == [s.condition for s in book.steps]
    assert [s.condition for s in again.scripts] == [s.condition for s in book.scripts]
    assert again.scorecard.caps == book.scorecard.caps
    assert [i.charge for i in again.scorecard.items] == [i.charge for i in book.scorecard.items]


ENTRY = "entries:\n  - {id: a, say: 我不知道, suggest: 我查一下, KEY: VALUE}\n"


@pytest.mark.parametrize(
    ("key", "value", "code", "said"),
    [
        ("if", "方向 =", "PB055", "found nothing; expected a value"),
        ("if", "(方向 = 呼出", "PB055", "found '(' without ')'"),
        ("if", "老客户", "PB056", "unknown condition '老客户'"),
        ("if", "命中:b", "PB041", "unknown entry 'b'"),
        ("times", "经常", "PB057", "expected such as 至少 3 次"),
        ("times", "0", "PB057", "expected such as 至少 3 次"),
        ("limit", "很多", "PB058", "expected such as 百分比 > 3.5"),
        ("limit", "重量 > 3", "PB058", "expected such as 百分比 > 3.5"),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(
    tmp_path: Path, key: str, value: str, code: str, said: str
) -> None:
    with pytest.raises(PhrasebookErrors) as caught:
        loaded(tmp_path, ENTRY.replace("KEY", key).replace("VALUE", f"'{value}'"))
    [error] = caught.value.errors
    assert error.code == code
    assert said in error.message


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("产品 = 年金险/万能险", ("年金险", "万能险")),
        ("产品 = 年金险、万能险", ("年金险", "万能险")),
        ("产品 属于 年金险，万能险；车险", ("年金险", "万能险", "车险")),
        ("产品 = “年金险”", ("年金险",)),
        ('产品 = "年金险"、「万能险」', ("年金险", "万能险")),
        ("金额 = 1,200", ("1,200",)),
        ("日期 = 2025 03", ("2025 03",)),
    ],
)
def test_values_are_parted_and_quoted_as_people_do(typed: str, values: tuple[str, ...]) -> None:
    root = read_condition(typed).root

    assert isinstance(root, Compare)
    assert root.values == values


def test_a_second_comparison_in_a_value_is_no_value() -> None:
    with pytest.raises(ConditionError, match="expected 且 or 或 between two comparisons"):
        read_condition("产品 = 年金险，方向 = 呼出")


def test_a_condition_uses_only_those_above_it(tmp_path: Path) -> None:
    with pytest.raises(PhrasebookErrors, match=r"PB056.*stands below it"):
        loaded(tmp_path, "conditions: {甲: 乙, 乙: 方向 = 呼出}\n")


def test_a_cap_names_a_group_of_the_card(tmp_path: Path) -> None:
    card = "scorecard: {caps: 情绪 = 5, items: [{id: i, title: i, group: 态度, points: 100, feeds: [a]}]}"
    with pytest.raises(PhrasebookErrors, match="PB059"):
        loaded(tmp_path, ENTRY.replace(", KEY: VALUE", "") + card)
