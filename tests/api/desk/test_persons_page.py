"""Everything about one person from one page."""

from __future__ import annotations

import io
import zipfile

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
