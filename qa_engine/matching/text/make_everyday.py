"""Makes `everyday.txt` of its templates: `python -m qa_engine.matching.text.make_everyday`.

Run by a maintainer, never at run time. Every template is said in as many ways as it has, up to a
few, so that no sentence drowns the others; the same templates always make the same file.
"""

from __future__ import annotations

import random
import re
from itertools import islice
from pathlib import Path

HERE = Path(__file__).parent
MOST_PER_TEMPLATE = 24
TRIES = 200
SEED = 20
_PART = re.compile(r"\{([^{}]+)\}|\(([^()]+)\)|\[([^\[\]]+)\]")


def read_templates(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The named lists, and the templates by who says them."""
    lists: dict[str, list[str]] = {}
    templates: dict[str, list[str]] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("== "):
            section = line[3:]
        elif line and not line.startswith("#"):
            if section == "名单":
                name, values = line.split(": ")
                lists[name] = values.split(" | ")
            else:
                templates.setdefault(section, []).append(line)
    return lists, templates


def say(template: str, lists: dict[str, list[str]], dice: random.Random) -> str:
    """One way of saying a template."""

    def choose(part: re.Match[str]) -> str:
        name, choices, maybe = part.groups()
        if name:
            return dice.choice(lists[name])
        return str(dice.choice(choices.split("|") if choices else [maybe, ""]))

    return _PART.sub(choose, template)


def sentences(template: str, lists: dict[str, list[str]], dice: random.Random) -> list[str]:
    """Up to `MOST_PER_TEMPLATE` different ways, in the order drawn."""
    if not _PART.search(template):
        return [template]
    drawn = dict.fromkeys(say(template, lists, dice) for _ in range(TRIES))
    return list(islice(drawn, MOST_PER_TEMPLATE))


def main() -> None:
    lists, templates = read_templates((HERE / "everyday_templates.txt").read_text("utf-8"))
    dice = random.Random(SEED)
    lines = [
        f"{role}：{sentence}"
        for role, rows in templates.items()
        for template in rows
        for sentence in sentences(template, lists, dice)
    ]
    (HERE / "everyday.txt").write_text("\n".join(dict.fromkeys(lines)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
