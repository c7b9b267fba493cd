"""Find and cover phone, identity-card and bank-card numbers, plates, codes and house numbers.

Personal-data libraries read written digits; what a recogniser writes of a telephone call is
幺三八 嗯 零零一三, so the rules stand here. Forms: GB 11643 (identity card: its shape and birth
date), ISO/IEC 7812 (bank cards: 16 to 19 digits; the check digit is not asked for, because one
misheard digit must not uncover the others), GA 36 (plates).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from qa_engine.privacy.around import HOTLINE, MEASURED, NOT_PERSONAL, WALL
from qa_engine.privacy.card_codes import card_codes
from qa_engine.privacy.card_expiry import card_expiries
from qa_engine.privacy.digits import SPOKEN, DigitRun, digit_runs
from qa_engine.privacy.handles import (
    contacts,
    emails,
    passports,
    received_codes,
    social_numbers,
)
from qa_engine.privacy.plates import plates
from qa_engine.privacy.unfold import Unfolded, grouped, repeated


class DataKind(StrEnum):
    PHONE = "phone"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    CODE = "code"
    EMAIL = "email"
    PASSPORT = "passport"
    CONTACT = "contact"
    SOCIAL = "social"
    ADDRESS = "address"
    NAME = "name"


MASKS = {
    DataKind.PHONE: "[电话]",
    DataKind.ID_CARD: "[身份证号]",
    DataKind.BANK_CARD: "[银行卡号]",
    DataKind.PLATE: "[车牌号]",
    DataKind.CODE: "[验证信息]",
    DataKind.EMAIL: "[邮箱]",
    DataKind.PASSPORT: "[护照号]",
    DataKind.CONTACT: "[联系账号]",
    DataKind.SOCIAL: "[社保号]",
    DataKind.ADDRESS: "[门牌号]",
    DataKind.NAME: "[姓名]",
}


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A personal number at `text[begin:end]`."""

    begin: int
    end: int
    kind: DataKind


def redact(text: str) -> str:
    """`text` with every personal number replaced by what kind of number stood there."""
    parts: list[str] = []
    done = 0
    for finding in find(text):
        parts += (text[done : finding.begin], MASKS[finding.kind])
        done = finding.end
    return "".join((*parts, text[done:]))


def find(text: str) -> list[PersonalData]:
    """Every personal number, in order, without overlaps; the first kind below wins."""
    found: list[PersonalData] = []
    for finding in _candidates(text):
        if all(finding.end <= other.begin or finding.begin >= other.end for other in found):
            found.append(finding)
    # An address ends where a number begins: 八零零零，三号楼五零一.
    rest = list(text)
    for finding in found:
        rest[finding.begin : finding.end] = "\0" * (finding.end - finding.begin)
    found += _addresses("".join(rest))
    return sorted(found, key=lambda finding: finding.begin)


def _candidates(text: str) -> Iterator[PersonalData]:
    """Every reading of the text, the surest first."""
    for kind, spans in (
        (DataKind.EMAIL, emails(text)),
        (DataKind.PASSPORT, passports(text)),
        (DataKind.SOCIAL, social_numbers(text)),
        (DataKind.CONTACT, contacts(text)),
    ):
        yield from (PersonalData(*span, kind) for span in spans)
    plain = repeated(text) or Unfolded(text, tuple((i, i + 1) for i in range(len(text))))
    yield from _said_at(plain, _numbers(plain.text))
    for kind, spans_of in (
        (DataKind.PLATE, plates),
        (DataKind.CODE, card_codes),
        (DataKind.CODE, card_expiries),
    ):
        yield from _said_at(plain, (PersonalData(*span, kind) for span in spans_of(plain.text)))
    yield from (PersonalData(*span, DataKind.CODE) for span in received_codes(text))
    if (whole := grouped(plain.text)) is not None:
        # Amounts are said like this, too: only what has the form of a number by itself counts.
        sure = [f for f in _numbers(whole.text) if f.kind in _BY_FORM and _has_form(whole, f)]
        for finding in _said_at(whole, sure):
            yield from _said_at(plain, (finding,))


_BY_FORM = (DataKind.PHONE, DataKind.ID_CARD, DataKind.BANK_CARD)


def _has_form(whole: Unfolded, finding: PersonalData) -> bool:
    digits = "".join(SPOKEN.get(c, "") for c in whole.text[finding.begin : finding.end])
    return len(digits) >= 11


def _said_at(unfolded: Unfolded, found: Iterable[PersonalData]) -> Iterator[PersonalData]:
    for finding in found:
        yield PersonalData(*unfolded.span(finding.begin, finding.end), finding.kind)


_ABOUT_CODE = re.compile(r"验证码|校验码|动态码|动态密码|口令|密码|安全码|激活码|取件码|提货码")
_ASKED_CODE = re.compile(rf"{_ABOUT_CODE.pattern}|[四五六456]位(?:数|码)")
_ABOUT_CARD = re.compile(r"卡号|银行卡|储蓄卡|信用卡|借记卡|账号|帐号|账户|尾号")
_ABOUT_ID = re.compile(r"身份证|证件号|身份号")
_ABOUT_PHONE = re.compile(r"手机|电话|号码|联系方式|座机|固话|打给|拨打|回拨|微信|分机")
_ABOUT_TAIL = re.compile(r"尾号|后[四4六6三3]位|末[四4]位|最后[四4]位")
_CONTEXT = 14
_ANSWER_CHARS = 10
_WANTED = re.compile(r"[报念说读提]|给我|(?<![别勿要])告诉|多少|几|发来|收到|输入|是什么")
_MISHEARD = ("么", "要", "腰")
"""The 幺 that a mobile number begins with, as it is often recognised."""


def _numbers(text: str) -> Iterator[PersonalData]:
    for run in digit_runs(text, least=4):
        yield from _classify(text, run)


def _classify(text: str, run: DigitRun) -> Iterator[PersonalData]:
    """What a run of digits is, by its own form first and by what was said just before second."""
    before = text[max(0, run.begin - _CONTEXT) : run.begin]
    digits = run.digits
    if HOTLINE.match(digits):
        return
    id_end = _id_card_end(text, run)
    if id_end:
        yield PersonalData(run.begin, id_end, DataKind.ID_CARD)
    elif re.fullmatch(r"(?:00)?(?:86)?1[3-9]\d{9}", digits):
        yield PersonalData(run.begin, run.end, DataKind.PHONE)
    elif re.fullmatch(r"[3-9]\d{9}", digits) and text[run.begin - 1 : run.begin] in _MISHEARD:
        yield PersonalData(run.begin - 1, run.end, DataKind.PHONE)
    elif (
        len(digits) < 16
        and _ABOUT_PHONE.search(before)
        and (phone := re.search(r"1[3-9]\d{9}", digits))
    ):
        part = run.part(phone.start(), phone.end())
        yield PersonalData(part.begin, part.end, DataKind.PHONE)
    elif NOT_PERSONAL.search(before):
        return
    elif len(digits) > 19 and re.match(r"1[3-9]", digits):
        # Read twice, or two numbers in a breath.
        yield PersonalData(run.begin, run.end, DataKind.PHONE)
    elif len(digits) >= 16:
        yield PersonalData(run.begin, run.end, DataKind.BANK_CARD)
    elif re.fullmatch(r"0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}", digits):
        yield PersonalData(run.begin, run.end, DataKind.PHONE)
    elif kind := _by_context(before, text[run.end : run.end + 6], digits):
        yield PersonalData(run.begin, run.end, kind)
    elif 4 <= len(digits) <= 8 and _answers_for_code(text, run):
        yield PersonalData(run.begin, run.end, DataKind.CODE)


def _answers_for_code(text: str, run: DigitRun) -> bool:
    """好，是三八二九一零, after the other one said 验证码收到以后您报给我."""
    asked, wall, answer = text[: run.begin].rpartition(WALL)
    if not wall or len(answer) > _ANSWER_CHARS or MEASURED.match(text[run.end :].lstrip()):
        return False
    question = asked.rpartition(WALL)[2]
    return bool(_ASKED_CODE.search(question) and _WANTED.search(question))


def _by_context(before: str, after: str, digits: str) -> DataKind | None:
    if len(digits) <= 5 and MEASURED.match(after.lstrip()):
        return None
    if _ABOUT_CODE.search(before) and 4 <= len(digits) <= 8:
        return DataKind.CODE
    if _ABOUT_ID.search(before):
        return DataKind.ID_CARD
    if _ABOUT_PHONE.search(after):
        return DataKind.PHONE
    if _ABOUT_CARD.search(before):
        return DataKind.BANK_CARD
    if _ABOUT_PHONE.search(before) or _ABOUT_TAIL.search(before):
        return DataKind.PHONE
    return None


def _id_card_end(text: str, run: DigitRun) -> int:
    """Where an identity-card number that fills `run` ends (an X may follow), or 0."""
    date = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    if re.fullmatch(rf"[1-9]\d{{5}}{date}\d{{4}}", run.digits):
        return run.end
    tail = re.match(r"[\s,，]{0,2}(?:[xXＸｘ]|艾克斯|叉)", text[run.end :])
    if tail and re.fullmatch(rf"[1-9]\d{{5}}{date}\d{{3}}", run.digits):
        return run.end + tail.end()
    return 0


_SPOKEN_DIGIT = "[零〇一二三四五六七八九幺]"
_NUMBER = r"(?:[0-9０-９]{1,5}|[零〇一二三四五六七八九十百幺两]{1,6}|[A-Za-z])"
_UNIT = rf"{_NUMBER}(?:号楼|栋|幢|单元|座)[的,，]?"
_ROOM = rf"{_NUMBER}(?:室|号房)(?![友内外温型])"
_BARE = rf"(?:[0-9０-９]{{3,4}}|{_SPOKEN_DIGIT}{{3,4}})(?![0-9０-９元块年月天分秒个兆号栋])"
"""三号楼五零一: the room of a building that was named."""
_ADDRESS = re.compile(
    rf"(?:{_UNIT})+(?:{_ROOM}|{_NUMBER}[层楼户]|{_BARE})?|{_ROOM}"
    rf"|(?<=[路街道巷弄村里区园苑城庄]){_NUMBER}[号弄](?![码线])"
)


def _addresses(text: str) -> Iterator[PersonalData]:
    for found in _ADDRESS.finditer(text):
        yield PersonalData(found.start(), found.end(), DataKind.ADDRESS)


def mask(text: str) -> str:
    """`text` with each character of a personal number as `*`: the same length, offsets hold."""
    characters = list(text)
    for finding in find(text):
        characters[finding.begin : finding.end] = "*" * (finding.end - finding.begin)
    return "".join(characters)


_IN_A_NAME = re.compile(
    r"(?<!\d)(?:(?:00)?86)?1[3-9]\d{9}(?!\d)"
    r"|(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)


def mask_name(name: str) -> str:
    """A file's name with the caller's number covered, as telephone systems write it in there.

    Only numbers that stand alone: dates, times and extensions stay, so that a file can be found.
    """
    return _IN_A_NAME.sub(lambda found: "*" * len(found[0]), name)
