"""The words of the pages."""

import re
from importlib.resources import files

from api.web.pages import catalogue


def keys(words: dict[str, object], prefix: str = "") -> set[str]:
    found = set()
    for key, value in words.items():
        found |= keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def test_both_languages_say_the_same_things() -> None:
    assert keys(catalogue("zh")) == keys(catalogue("en"))


def test_every_word_a_page_asks_for_exists() -> None:
    web = files("api.web")
    texts = [
        item.read_text("utf-8")
        for folder in ("static", "templates")
        for item in (web / folder).iterdir()
        if item.name.endswith((".js", ".html"))
    ]
    asked = set()
    for text in texts:
        asked |= set(re.findall(r"\bwords\.(\w+)", text))
        asked |= set(re.findall(r"\bsay\(\"(\w+)\"", text))
        asked |= set(re.findall(r"\bt\.(\w+)", text))
    assert asked
    assert asked <= set(catalogue("zh"))


def test_pages_use_no_storage_and_no_inline_code() -> None:
    for folder in ("static", "templates"):
        for item in (files("api.web") / folder).iterdir():
            text = item.read_text("utf-8")
            assert not re.search(r"localStorage|sessionStorage|document\.cookie|innerHTML", text)
            assert not re.search(r"\son\w+=\"|style=\"|javascript:", text)
