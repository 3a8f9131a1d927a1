"""Find every Problem in the source, with its texts. As a program: code and package."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecluse.providers.keeper.problems import TOLD
from ecluse.wire import codes

ORDERS = {name: code for name, code in vars(codes).items() if isinstance(code, str) and re.fullmatch(r"K\d{3}", code)}
"""The codes of refused orders, by the names that the keeper raises them with."""
CODE = re.compile(r"[A-Z]\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    code: str
    what: str
    fix: str
    file: str


def known_problems(source: Path) -> list[Known]:
    """Sorted by code. A text that is made elsewhere is empty."""
    files = [
        file for file in sorted(source.rglob("*.py")) if not {"testing", "memory"} & set(file.parts)
    ]  # fakes repeat what they stand for
    found = [known for file in files for known in _in(file, str(file.relative_to(source)))]
    unique = {(known.code, known.what, known.fix): known for known in found}
    return sorted(unique.values(), key=lambda known: (known.code, known.what))


def _in(file: Path, name: str) -> Iterator[Known]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            texts = {word.arg: word.value for word in node.keywords if word.arg}
            for code in _codes(texts.get("code")):
                yield Known(code=code, what=_text(texts.get("what")), fix=_text(texts.get("fix")), file=name)
            yield from _by_position(node, name)
            yield from _of_orders(node)


def _by_position(node: ast.Call, name: str) -> Iterator[Known]:
    """`refuse("M010", what, fix)`, as the manifest's types say it."""
    if len(node.args) == 3 and isinstance(node.func, ast.Name):  # noqa: PLR2004
        for code in _codes(node.args[0]):
            yield Known(code=code, what=_text(node.args[1]), fix=_text(node.args[2]), file=name)


def _of_orders(node: ast.Call) -> Iterator[Known]:
    """`OrderError(codes.HELD, message, evidence)`: raised on the host, its fix is added by the client."""
    if isinstance(node.func, ast.Name | ast.Attribute) and _name(node.func) == "OrderError" and len(node.args) > 1:
        code = ORDERS.get(_name(node.args[0]))
        if code:
            yield Known(code=code, what=_percent(node.args[1]), fix=TOLD[code][1], file="ecluse/keeper/orders.py")


def _codes(node: ast.expr | None) -> list[str]:
    """One, or both of `"D021" if … else "D022"`."""
    if isinstance(node, ast.IfExp):
        return [*_codes(node.body), *_codes(node.orelse)]
    value = node.value if isinstance(node, ast.Constant) else None
    return [value] if isinstance(value, str) and CODE.fullmatch(value) else []


def _percent(node: ast.expr) -> str:
    """The host side is Python 3.9 and formats in the older style."""
    filled = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
    return re.sub(r"%\w", "‹…›", _text(node.left)) if filled else _text(node)


def _text(node: ast.expr | None) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) for value in values)
        case ast.FormattedValue(value=value):
            return f"‹{_name(value)}›"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
        case ast.IfExp(body=first, orelse=second) | ast.BoolOp(values=[first, second]):
            return " / ".join(text for text in (_text(first), _text(second)) if text)
        case _:
            return ""


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_")
        case _:
            return "…"


if __name__ == "__main__":
    for one in known_problems(Path(sys.argv[1])):
        print(one.code, "/".join(Path(one.file).parts[:2]))
