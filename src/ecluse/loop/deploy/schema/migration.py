"""One migration, read and not run, and the tool that it belongs to."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Mapping

from ecluse.model.app import Argv
from ecluse.model.values import frozen

Files = Mapping[str, str]
"""Text by path."""
ASIDE = frozenset(("test", "tests", "docs", "examples", "site-packages", "node_modules", "venv", ".venv"))
"""Folders whose migrations are not the app's."""


@frozen
class Effects:
    """What a migration does to a release that doesn't know it. `contracts`: it takes away what that release uses, or
    can't be reversed; `unclear`: it may. Empty both: it only adds."""

    contracts: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    def and_(self, *others: Effects) -> Effects:
        every = (self, *others)
        return Effects(
            contracts=tuple(why for one in every for why in one.contracts),
            unclear=tuple(why for one in every for why in one.unclear),
        )


EXPANDS = Effects()


def contracts(why: str) -> Effects:
    return Effects(contracts=(why,))


def stops_inserts(column: str) -> Effects:
    """A column that must have a value, and gets none from the database where a release doesn't know it."""
    why = "which is not null and has no default in the database: a release that doesn't know it can't insert"
    return contracts(f"adds {column}, {why}")


def unclear(why: str) -> Effects:
    return Effects(unclear=(why,))


@frozen
class Migration:
    """`name` is what the tool calls it; `parents` come before it, `replaces` are those that it was squashed from."""

    name: str
    path: str
    effects: Effects = EXPANDS
    parents: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@frozen
class Standing:
    """What the data has, and what a release would add to it."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


@frozen
class Tool:
    """A migration command that is understood. Everything here is pure.

    `matters` tells by its path whether a file is read; `question` is the command that tells what is applied, or empty;
    `answer` reads its output, None when it can't. `is_whole`: the command migrates to the end, and does nothing else.
    """

    name: str
    matters: Callable[[str], bool]
    read: Callable[[Files], tuple[Migration, ...]]
    answer: Callable[[str, tuple[Migration, ...]], Standing | None]
    question: Argv = ()
    is_whole: bool = False


def names(migrations: Iterable[Migration]) -> frozenset[str]:
    """All that is known by name, those included that were squashed."""
    return frozenset(name for one in migrations for name in (one.name, *one.replaces))


def heads(migrations: Iterable[Migration]) -> tuple[str, ...]:
    found = tuple(migrations)
    parents = {parent for one in found for parent in one.parents}
    return tuple(sorted(one.name for one in found if one.name not in parents))


def parsed(text: str) -> ast.Module | None:
    """None when it isn't valid for this Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
