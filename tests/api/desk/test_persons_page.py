"""Everything about one person from one page."""

from __future__ import annotations

import io
import zipfile

from api.store.number_key import NumberKey
from api.store.seal import new_key
from tests.api.desk.conftest import Town
from tests.api.review.calls import put


def test_one_page_does_both(town: Town) -> None:
    put(town.store, 1, agent="anna")
    admin = town.browser("adam")
    admin.get("/desk/persons")
    found = admin.post("/desk/persons", kind="agent", value="anna")
    assert "导出全部" in found.text
    answer = admin.post("/desk/persons", kind="agent", value="anna", do="export")
    assert zipfile.is_zipfile(io.BytesIO(answer.content))
    wrong = {"kind": "agent", "value": "anna", "do": "erase", "reason": "本人申请删除"}
    assert admin.post("/desk/persons", **wrong, again="ana").status_code == 400

    done = admin.post("/desk/persons", **wrong, again="anna")

    assert "已删除：1 通通话" in done.text
    assert admin.post("/desk/persons", kind="agent", value="anna").status_code == 404


def test_without_a_key_the_page_says_what_to_set_and_with_one_it_finds(town: Town) -> None:
    asked = {"kind": "customer", "value": "138 0013 8000"}
    admin = town.browser("adam")
    admin.get("/desk/persons")
    assert "QA_ENGINE_NUMBER_KEY" in admin.post("/desk/persons", **asked).text
    assert (
        "QA_ENGINE_NUMBER_KEY" in town.browser("ines").get("/desk/search?customer=13800138000").text
    )
    put(town.store, 2, customer="13800138000")
    town.store.numbers = NumberKey(new_key())
    put(town.store, 1, customer="13800138000")

    page = admin.post("/desk/persons", **asked).text

    assert "另有 1 通通话" in page
    found = town.browser("ines").get("/desk/search?customer=%2B86 13800138000").text
    assert "calls/call-1" in found
    assert "calls/call-2" not in found
    assert "另有 1 通通话" in found


def test_a_search_with_a_number_in_it_is_not_kept(town: Town) -> None:
    lead = town.browser("lena")
    lead.get("/desk/search")
    answer = lead.post("/desk/searches", name="某客户", query="customer=13800138000")
    assert answer.status_code == 400
    assert "号码不留在库里" in answer.text
