"""YAML with the line of everything in it. Scalars stay text as they are written: `3.10` is not the number 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, which the wheels bring: seven times as fast, and it refuses what is nested a thousand deep."""
MERGE = "<<"
"""The key that brings the entries of another mapping (yaml.org/type/merge.html)."""


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at one place of a document, or nothing (`Node()`, which is false)."""

    _node: yaml.Node | None = None

    def __bool__(self) -> bool:
        return self._node is not None

    @property
    def line(self) -> int:
        """From 1; 0 for nothing."""
        return 0 if self._node is None else self._node.start_mark.line + 1

    @property
    def text(self) -> str:
        """A scalar as it is written (a quoted or folded one as it reads), empty for anything else and for null."""
        if not isinstance(self._node, yaml.ScalarNode) or self._node.tag.endswith(":null"):
            return ""
        return str(self._node.value)

    @property
    def is_list(self) -> bool:
        return isinstance(self._node, yaml.SequenceNode)

    def items(self) -> dict[str, Node]:
        """The entries of a mapping with those that it merges, empty for anything else."""
        return self._items(set())

    def _items(self, seen: set[int]) -> dict[str, Node]:
        """`seen` are the mappings that are merged already: a document may name one over and over."""
        found: dict[str, Node] = {}
        seen.add(id(self._node))
        for key, value in self._node.value if isinstance(self._node, yaml.MappingNode) else ():
            if key.value != MERGE:
                found[str(key.value)] = Node(value)
                continue
            merged = Node(value).members() if isinstance(value, yaml.SequenceNode) else [Node(value)]
            for one in merged:
                found = (one._items(seen) if id(one._node) not in seen else {}) | found
        return found

    def members(self) -> list[Node]:
        """The items of a sequence, empty for anything else."""
        return [Node(each) for each in self._node.value] if isinstance(self._node, yaml.SequenceNode) else []

    def at(self, *keys: str) -> Node:
        """What stands below the keys."""
        here = self
        for key in keys:
            here = here.items().get(key, Node())
        return here

    def texts(self) -> list[str]:
        """A scalar, or the scalars of a sequence."""
        return [each.text for each in (self.members() if self.is_list else [self]) if each.text]

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Every entry of every mapping in it, with its key, from the outside in; what aliases repeat comes once."""
        waiting, seen = [self], {id(self._node)}
        while waiting:
            here = waiting.pop(0)
            entries = here.items()
            yield from entries.items()
            for each in (*entries.values(), *here.members()):
                if id(each._node) not in seen:
                    seen.add(id(each._node))
                    waiting.append(each)


def parsed(text: str) -> Node:
    """The first document; nothing where it isn't YAML."""
    try:
        return Node(next(iter(yaml.compose_all(text, Loader=LOADER)), None))
    except (yaml.YAMLError, RecursionError, ValueError):
        return Node()
