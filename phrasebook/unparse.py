"""A pattern's tree → the one line that spells it: the shortest form that parses back to it."""

from __future__ import annotations

from phrasebook.pattern import (
    DEFAULT_GAP,
    AnyOrder,
    Choice,
    Literal,
    Node,
    Optional_,
    Pattern,
    PatternGap,
    Sequence,
    Slot,
)


def unparse(root: Sequence) -> str:
    """Spell a tree: equal trees give equal lines, whatever spaces and brackets were typed."""
    return _body(root).strip()


def spelled(pattern: Pattern) -> str:
    """The tree's line, with the edges that it asks for."""
    return "^" * pattern.opens + unparse(pattern.root) + "$" * pattern.closes


def _body(sequence: Sequence) -> str:
    """A sequence where `&` and `|` are free to stand: a whole line or inside brackets."""
    if len(sequence.items) == 1 and isinstance(sequence.items[0], AnyOrder):
        return _any_order(sequence.items[0])
    return "".join(map(_node, sequence.items))


def _any_order(node: AnyOrder) -> str:
    mark = " & " if node.max_chars == DEFAULT_GAP else f" &{node.max_chars} "
    return mark.join("".join(map(_node, part.items)) for part in node.parts)


def _node(node: Node) -> str:
    match node:
        case Literal(text, phonetic):
            return text if phonetic else f"“{text}”"
        case Slot(name):
            return f"{{{name}}}"
        case PatternGap(max_chars):
            return " ... " if max_chars == DEFAULT_GAP else f" ...{max_chars} "
        case Choice(branches):
            return f"({'|'.join(map(_body, branches))})"
        case Optional_(body):
            return f"[{_alternatives(body)}]"
        case AnyOrder():
            return f"({_any_order(node)})"


def _alternatives(body: Sequence) -> str:
    """`[甲|乙]` rather than `[(甲|乙)]`."""
    if len(body.items) == 1 and isinstance(body.items[0], Choice):
        return "|".join(map(_body, body.items[0].branches))
    return _body(body)
