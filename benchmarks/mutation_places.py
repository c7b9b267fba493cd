"""Where a random fault may be put into the code, and the text of a file with one in it.

A fault is one small change of the syntax tree: a comparison, a condition, a number, `and` for `or`,
`max` for `min`, a call left out. Annotations, messages of errors and lines of the journal are none.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
SILENT = re.compile(r"^(log|logging|metrics|self\._?metrics)\.")
"""Calls whose loss only the journal or a counter tells."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault may be put: the `index`-th node of the file's tree, and what becomes of it.

    `first` to `last`: the lines of its statement; both 0 where it runs as the module is imported.
    """

    file: str
    line: int
    index: int
    what: str
    first: int = 0
    last: int = 0

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} [{self.index}] {self.what}"


def places(file: Path, only: str = "") -> Iterator[Place]:
    """Every place of a file; `only`: of this function."""
    tree = ast.parse(file.read_text("utf-8"))
    skipped: set[int] = set()
    wanted: set[int] | None = None
    if only:
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        wanted = {id(n) for f in functions if f.name == only for n in ast.walk(f)}
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None:
                skipped |= {id(one) for one in ast.walk(annotation)}
        quiet = isinstance(node, ast.Expr) and SILENT.match(ast.unparse(node))
        if isinstance(node, ast.ClassDef):
            # Whether a dataclass is frozen is a declaration that nothing runs into.
            skipped |= {id(one) for mark in node.decorator_list for one in ast.walk(mark)}
        if quiet or isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr):
            skipped |= {id(one) for one in ast.walk(node)}
    lines = dict(_lines(tree, inside=False))
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped or (wanted is not None and id(node) not in wanted):
            continue
        if what := _fault(node):
            name = file.relative_to(ROOT).as_posix()
            first, last = lines.get(id(node), (0, 0))
            yield Place(name, getattr(node, "lineno", 0), index, what, first, last)


def _lines(tree: ast.AST, *, inside: bool) -> Iterator[tuple[int, tuple[int, int]]]:
    """Node → first and last line of its statement, without the body that it may have; of what is
    inside a function alone."""
    for node in ast.iter_child_nodes(tree):
        within = inside or isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.stmt) and within:
            body = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
            last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
            inner = {id(one) for part in body for one in ast.walk(part)}
            yield from (
                (id(one), (node.lineno, last)) for one in ast.walk(node) if id(one) not in inner
            )
        yield from _lines(node, inside=within)


def _fault(node: ast.AST) -> str:
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            return f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.BoolOp(op=op):
            return f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.BinOp(op=op, left=left) if type(op) in SWAPS:
            # A union of types, or a text put together, is no arithmetic.
            return "" if _is_text(left) else f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.UnaryOp(op=ast.Not()):
            return "not → nothing"
        case ast.If() | ast.While() | ast.IfExp():
            return "the condition turned round"
        case ast.Constant(value=bool() as value):
            return f"{value} → {not value}"
        case ast.Constant(value=int() | float() as value):
            return f"{value} → {value + 1}"
        case ast.Call(func=ast.Name(id="max" | "min" as name)):
            return f"{name} → {'min' if name == 'max' else 'max'}"
        case ast.Expr(value=ast.Call() | ast.Await()):
            return "left out"
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            return "returns nothing"
        case _:
            return ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def with_fault(source: str, place: Place) -> str:
    """The file's text with that one fault in it."""
    return ast.unparse(tree_with_fault(source, place))


def tree_with_fault(source: str, place: Place) -> ast.Module:
    """Its syntax tree; every line stands where it stood."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    node = nodes[place.index]
    match node:
        case ast.Compare():
            node.ops = [SWAPS[type(node.ops[0])]()]  # type: ignore[list-item]
        case ast.BoolOp() | ast.BinOp():
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        case ast.UnaryOp():
            _put(tree, node, node.operand)
        case ast.If() | ast.While() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.Call(func=ast.Name() as function):
            function.id = "min" if function.id == "max" else "max"
        case ast.Expr():
            _put(tree, node, ast.Pass())
        case ast.Return():
            node.value = None
    return ast.fix_missing_locations(tree)


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """`new` where `old` stands."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, copy.deepcopy(new))
            elif isinstance(value, list) and old in value:
                value[value.index(old)] = new
