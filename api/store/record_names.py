"""Names in what the telephone system tells of a call, to be covered where they are said."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa_engine.privacy.names import is_name

_OF_A_PERSON = re.compile(
    r"姓名|名字|户名|称呼|客户名称?$|(?:联系|收件|收货|寄件|持卡|投保|被保险|申请|借款)人|[机车户业]主|(?:^|[_\s])name$",
    re.I,
)
_OF_STAFF = re.compile(
    r"坐席|座席|客服|员工|话务|班长|质检|经办|agent|operator|staff|product|file", re.I
)


def customer_names(customer: str, data: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the caller and of others whom the call is about; of nobody who works there.

    `customer` is mostly a number; `data` is by the site's own headings.
    """
    told = [customer]
    told += [
        value
        for heading, value in data.items()
        if _OF_A_PERSON.search(heading) and not _OF_STAFF.search(heading)
    ]
    return tuple(dict.fromkeys(value.strip() for value in told if is_name(value)))
