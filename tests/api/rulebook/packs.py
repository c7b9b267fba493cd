"""A small pack for the tests of the rulebook."""

from __future__ import annotations

from phrasebook import Phrasebook, load_text

PACK = """
pack: {name: small, version: "1.0", default_script: calls}
lists:
  部门: [技术部, 财务部]
entries:
  - {id: dont-know, title: 说不知道, say: 我不知道, suggest: 我帮您查一下, severity: 高}
  - {id: ask-them, title: 让客户自己去问, say: "您去问{部门}", suggest: 我帮您转接}
steps:
  - {id: opening, title: 问候, say: 您好, within: 20s}
scripts:
  - {id: calls, title: 来电, steps: [opening]}
"""


def small(*changes: tuple[str, str]) -> Phrasebook:
    """The pack, each first text of a pair replaced by the second."""
    text = PACK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_text(text, "small")
