"""What is said beside a number and tells that it is nobody's: an order, an amount, a hotline."""

from __future__ import annotations

import re

NOT_PERSONAL = re.compile(
    r"(?:工单|订单|工号|流水|单号|编号|客服|型号|版本|邮编|热线|航班|合同|保单|案件|受理)[号码编是为:：]{0,3}\W?$"
)
MEASURED = re.compile(r"[年月日号点时分秒天元块毛个次岁度兆米]|小时|公里")
WALL = "\x00"
"""Between what one said and what the other asked before: no number reaches over it."""
HOTLINE = re.compile(r"1(?:00\d{2}|06\d{2}|1[0249]|2[012]|23\d{2})$|9[56]\d{3,4}$|[48]00\d{7}$")
