"""The bundled pack holds what the service standard asks for; the rows are named as it names them."""

from __future__ import annotations

import pytest

from phrasebook import Phrasebook, bundled, expand, load, load_text
from phrasebook.model import AnchorKind, Entry, Kind, Speaker, Step

FAMILIES = ("S1.1", "S1.2", "S1.3", "S1.4")
OTHER_WORDS = ("S2.1", "S2.2", "S2.3", "S2.4", "S2.5", "S2.6", "S2.7", "S2.9", "S2.10")
STANDARD_WORDS = tuple(f"S3.{row}" for row in range(1, 12))
PROCEDURES = ("S4.2", "S4.3", "S4.4", "S4.5", "S4.6", "S4.7")


@pytest.fixture(scope="module")
def pack() -> Phrasebook:
    return load(bundled())


def entries_of(pack: Phrasebook, source: str) -> list[Entry]:
    return [entry for entry in pack.entries if source in entry.source.split()]


def steps_of(pack: Phrasebook, source: str) -> list[Step]:
    return [step for step in pack.steps if source in step.source.split()]


@pytest.mark.parametrize("source", FAMILIES)
def test_a_forbidden_family_has_many_ways_and_many_tests(pack: Phrasebook, source: str) -> None:
    family = entries_of(pack, source)
    ways = {variant for entry in family for line in entry.say for variant in expand(line)}
    assert len(ways) >= 12
    assert sum(len(entry.tests.hit) for entry in family) >= 8
    assert sum(len(entry.tests.miss) for entry in family) >= 8
    assert all(entry.who is Speaker.AGENT and entry.skip_quoted for entry in family)


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ("S1.1", "让我帮您查询一下相关信息"),
        ("S1.2", "这个问题我需要请专业部门协助您"),
        ("S1.3", "目前我们可以提供的解决方案是"),
        ("S1.4", "可能存在一些误会，让我们一起来确认"),
    ],
)
def test_a_family_suggests_the_sentence_of_the_standard(
    pack: Phrasebook, source: str, suggestion: str
) -> None:
    said = [text for entry in entries_of(pack, source) for text in entry.suggest]
    assert any(suggestion in text for text in said)


@pytest.mark.parametrize("source", OTHER_WORDS)
def test_other_improper_words_have_a_suggestion_and_a_coaching_line(
    pack: Phrasebook, source: str
) -> None:
    found = entries_of(pack, source)
    assert found
    assert all(entry.suggest and entry.coach for entry in found)


@pytest.mark.parametrize("source", STANDARD_WORDS)
def test_standard_words_are_a_step_with_a_prompt(pack: Phrasebook, source: str) -> None:
    found = steps_of(pack, source)
    assert found
    assert all(step.prompt and step.who is Speaker.AGENT for step in found)


@pytest.mark.parametrize("source", PROCEDURES)
def test_a_procedure_has_its_steps(pack: Phrasebook, source: str) -> None:
    assert steps_of(pack, source)


def test_an_inbound_call_goes_through_its_five_stages_in_order(pack: Phrasebook) -> None:
    inbound = next(script for script in pack.scripts if script.id == pack.default_script)
    source_of = {step.id: step.source for step in pack.steps}
    sources = [source_of[step] for step in inbound.steps]
    stages = ["S3.1", "S3.2", "S3.7", "S3.8", "S3.9", "S3.10"]
    places = [sources.index(stage) for stage in stages]
    assert places == sorted(places)


@pytest.mark.parametrize("source", ["S4.6", "S6.1", "S6.2", "S6.3"])
def test_what_a_customer_says_requires_something_of_the_agent(
    pack: Phrasebook, source: str
) -> None:
    triggers = entries_of(pack, source)
    assert triggers
    assert all(t.kind is Kind.TRIGGER and t.who is Speaker.CUSTOMER for t in triggers)
    anchors = {step.anchor.ref for step in pack.steps if step.anchor.kind is AnchorKind.HIT}
    assert anchors & {trigger.id for trigger in triggers}


def test_asking_for_a_password_is_fatal(pack: Phrasebook) -> None:
    found = entries_of(pack, "S7.4")
    assert any(entry.fatal for entry in found)
    assert all(entry.who is Speaker.AGENT for entry in found)


def test_every_rule_names_its_row_and_has_its_own_tests(pack: Phrasebook) -> None:
    rules: list[Entry | Step] = [*pack.entries, *pack.steps]
    for rule in rules:
        assert rule.source.startswith("S"), rule.id
        assert rule.tests.hit, rule.id
        assert rule.tests.miss, rule.id


def test_every_forbidden_entry_with_points_and_every_step_is_in_the_scorecard(
    pack: Phrasebook,
) -> None:
    feeds = [feed for item in pack.scorecard.items for feed in item.feeds]

    def is_fed(id_: str) -> bool:
        return any(
            id_.startswith(feed[:-1]) if feed.endswith("*") else id_ == feed for feed in feeds
        )

    forbidden = [e.id for e in pack.entries if e.kind is Kind.FORBIDDEN and e.points]
    ids = [*forbidden, *(step.id for step in pack.steps)]
    assert [id_ for id_ in ids if not is_fed(id_)] == []


def test_every_step_is_in_a_script(pack: Phrasebook) -> None:
    scripted = {name for script in pack.scripts for name in script.steps}
    assert {step.id for step in pack.steps} == scripted


def test_a_rule_without_a_title_is_called_by_the_words_of_its_id_or_else_by_its_first_line() -> (
    None
):
    book = load_text(
        "entries:\n"
        "- {id: 推给商家, say: (找|联系)商家, suggest: 我帮您联系}\n"
        "- {id: to-seller, say: 找卖家, suggest: 我帮您联系}\n"
        "- {say: '你自己看', suggest: 我帮您看}\n"
        "steps:\n"
        "- {id: 问候, say: 您好}\n",
        name="pack",
    )
    assert [entry.title for entry in book.entries] == ["推给商家", "找卖家", "你自己看"]
    assert [step.title for step in book.steps] == ["问候"]
