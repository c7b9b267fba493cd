from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from qa_engine.report.schema import published, schema
from tests.qa_engine.report.sample import sample_report

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_published_schema_is_the_one_the_dataclasses_make() -> None:
    assert json.loads(published()) == schema(), "run: python -m qa_engine.report.schema"


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("spoken", [None, []], ids=["a call", "a silent call"])
def test_reports_validate(spoken: list[Any] | None) -> None:
    VALIDATOR.validate(json.loads(sample_report(spoken).to_json()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hits", 0, "begin_ms"), "soon"),
        (("hits", 0, "tier"), "guess"),
        (("steps", 0, "state"), "maybe"),
        (("score", "total"), None),
        (("schema_version",), "0.1"),
    ],
)
def test_what_is_wrong_is_refused(path: tuple[str | int, ...], value: object) -> None:
    report = copy.deepcopy(sample_report().to_dict())
    place: Any = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(report)


def test_a_missing_part_is_refused() -> None:
    report = sample_report().to_dict()
    del report["hits"][0]["why"]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(report)
