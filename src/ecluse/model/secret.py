"""A value that nobody sees by accident."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Prints as `[secret]` however it is printed; `reveal` is the only way to the value.

    Equal to no text, and can't be pickled or copied to another process by accident.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, at the edge where it is handed over."""
        return self._value

    def __repr__(self) -> str:
        return "[secret]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("[secret]", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled")
