"""Find every Problem in the source, with its texts. Reading all of it takes seconds, one code a tenth of one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from ecluse.catalogue.families import FAMILIES
from ecluse.manifest.codes import CODES
from ecluse.model.problem import Exit
from ecluse.model.values import frozen
from ecluse.providers.keeper.problems import TOLD
from ecluse.wire import codes

ORDERS = {name: code for name, code in vars(codes).items() if isinstance(code, str) and re.fullmatch(r"K\d{3}", code)}
"""The codes of refused orders, by the names that the keeper raises them with."""
CODE = re.compile(rf"[{''.join(FAMILIES)}]\d{{3}}")
QUOTED = re.compile(rf"[\"\[]({CODE.pattern})[\"\]]")
AT_END = re.compile(rf"(?s)(.+?) \[({CODE.pattern})\]")
"""A fact that is no Problem of its own, but evidence of one."""
NONE: Mapping[str, ast.expr] = MappingProxyType({})
SOURCE = Path(__file__).parents[2]


@frozen
class Known:
    """A Problem as its source says it."""

    code: str
    what: str
    fix: str
    file: str
    state: str = ""
    exit: Exit | None = Exit.USAGE
    """None for what is evidence of another Problem."""


def known_problems(source: Path = SOURCE, code: str = "") -> list[Known]:
    """Sorted by code; only those of `code`, if one is given. A text that is made elsewhere is empty."""
    found = [known for file, text in _files(source, code) for known in _in(text, str(file.relative_to(source)))]
    made = {known.code for known in found}
    found += [one for one in _made_elsewhere() if one.code not in made]
    unique = {(known.code, known.what, known.fix): known for known in found if code in ("", known.code)}
    return sorted(unique.values(), key=lambda known: (known.code, known.what))


def _made_elsewhere() -> Iterator[Known]:
    """What no call spells out: refusals whose code the keeper chooses, values of the manifest that can't be read."""
    for code, (exit_code, fix) in TOLD.items():
        yield Known(code=code, what="", fix=fix, exit=exit_code, file="ecluse/keeper/orders.py")
    for code, what in CODES.items():
        yield Known(code=code, what=what.rstrip("."), fix="", file="ecluse/manifest/codes.py")


def known_codes(source: Path = SOURCE) -> list[str]:
    """All of them, sorted. Looks for text alone."""
    found = {code for _, text in _files(source) for code in QUOTED.findall(text)}
    return sorted(found.union(ORDERS.values()))


def _files(source: Path, code: str = "") -> Iterator[tuple[Path, str]]:
    """Those that may hold the code. Fakes repeat what they stand for."""
    marks = [code, *(f"codes.{name}" for name, value in ORDERS.items() if value == code)]
    for file in sorted(source.rglob("*.py")):
        if not {"testing", "memory", "catalogue"} & set(file.relative_to(source).parts):
            text = file.read_text(encoding="utf-8")
            if any(mark in text for mark in marks):
                yield file, text


def _in(content: str, name: str) -> Iterator[Known]:
    tree = ast.parse(content)
    nodes, named = tuple(ast.walk(tree)), _constants(tree)
    parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.Call):
            texts = {word.arg: word.value for word in node.keywords if word.arg}
            for code in _codes(texts.get("code"), named):
                what, fix, state = (_text(texts.get(word)) for word in ("what", "fix", "state"))
                yield Known(code=code, what=what, fix=fix, state=state, exit=_exit(texts.get("exit"), code), file=name)
            yield from _by_position(node, name)
            yield from _of_orders(node)
        elif (
            isinstance(node, ast.Constant | ast.JoinedStr)
            and node not in parts
            and (found := AT_END.fullmatch(_text(node)))
        ):
            yield Known(code=found[2], what=found[1], fix="", exit=None, file=name)


def _exit(node: ast.expr | None, code: str) -> Exit:
    """As it is written; of a refused order that of its code."""
    if code in TOLD:
        return TOLD[code][0]
    name = node.attr if isinstance(node, ast.Attribute) else ""
    return Exit[name] if name in Exit.__members__ else Exit.USAGE


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
            exit_code, fix = TOLD[code]
            what = _percent(node.args[1])
            yield Known(code=code, what=what, fix=fix, exit=exit_code, file="ecluse/keeper/orders.py")


def _constants(tree: ast.Module) -> Mapping[str, ast.expr]:
    """`FULL = "L005"` of a module."""
    assigned = [one for one in tree.body if isinstance(one, ast.Assign)]
    return {target.id: one.value for one in assigned for target in one.targets if isinstance(target, ast.Name)}


def _codes(node: ast.expr | None, named: Mapping[str, ast.expr] = NONE) -> list[str]:
    """One, or both of `"D021" if … else "D022"`."""
    if isinstance(node, ast.IfExp):
        return [*_codes(node.body, named), *_codes(node.orelse, named)]
    if isinstance(node, ast.Name):
        return _codes(named.get(node.id))
    value = node.value if isinstance(node, ast.Constant) else None
    return [value] if isinstance(value, str) and CODE.fullmatch(value) else []


def _percent(node: ast.expr) -> str:
    """The host side is Python 3.9 and formats in the older style."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return re.sub(r"%\w", "‹…›", _text(node.left))
    return _text(node)


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
