"""A caller's name that the site's record tells is covered where it is said in the stored call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.store import CallFiling, Store
from api.store.record_names import customer_names
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack


@pytest.mark.parametrize(
    ("customer", "data", "names"),
    [
        ("13800138000", {"客户姓名": "张薇", "产品名称": "安心险", "坐席姓名": "王芳"}, ("张薇",)),
        ("", {"收件人": " 欧阳娜娜 ", "客服姓名": "李静"}, ("欧阳娜娜",)),
        ("张薇", {"customer_name": "张薇", "agent_name": "王芳"}, ("张薇",)),
        ("C-4711", {"机主": "刘洋", "户名": "Tom", "Name": "陈建国"}, ("刘洋", "陈建国")),
        ("", {"主叫号码": "13800138000", "备注": "张薇"}, ()),
    ],
)
def test_names_are_those_of_callers_and_of_nobody_who_works_there(
    customer: str, data: dict[str, str], names: tuple[str, ...]
) -> None:
    assert customer_names(customer, data) == names


def test_a_stored_call_tells_no_name_of_its_record(store: Store) -> None:
    made = report()
    first, *rest = made.utterances
    said = replace(first, text="请问您是张威本人吗", words=())
    filing = CallFiling(data={"客户姓名": "张薇"})
    store.save(replace(made, utterances=(said, *rest)), filing, book=pack())

    stored = store.load(made.call.id)

    assert stored is not None
    assert stored.utterances[0].text == "请问您是**本人吗"
