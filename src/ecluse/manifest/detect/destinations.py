"""A path that code computes while it runs: as much of it as stands in the code."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from ecluse.model.values import frozen


@frozen
class Destination:
    """`text` is the path below the repository, or its beginning when it isn't `whole`."""

    text: str
    whole: bool = True
    rooted: bool = False
    """Counted from the repository; else from wherever the app is started."""

    @property
    def known(self) -> str:
        """The path; of one that isn't whole the folder, with its slash."""
        return self.text if self.whole else self.text[: self.text.rfind("/") + 1]

    @property
    def is_outside(self) -> bool:
        return self.text.startswith(("/", "~")) or posixpath.normpath(self.text).startswith("..")


OUTSIDE = Destination(text="/")


def beside(folder: Destination, part: Destination | None) -> Destination:
    if part is None:
        return replace(folder, text=f"{folder.text}/" if folder.text else "", whole=False)
    if part.is_outside and part.text.startswith("/"):
        return part
    return replace(folder, text=posixpath.join(folder.text, part.text), whole=part.whole)


def followed(first: Destination, second: Destination | None) -> Destination:
    """`+` on texts, and what stands in an f-string."""
    if not first.whole or second is None:
        return replace(first, whole=False)
    return replace(first, text=first.text + second.text, whole=second.whole)


def either(first: Destination | None, second: Destination | None) -> Destination | None:
    """Where both lead: one of them if the other leads out of the tree or nowhere, else the folder that holds both."""
    inside = [place for place in (first, second) if place is not None and not place.is_outside]
    if len(inside) < 2 or first == second:  # noqa: PLR2004 (both)
        return next(iter(inside), first or second)
    folder = posixpath.commonpath([posixpath.normpath(place.known or ".") for place in inside])
    return Destination(text="" if folder in {"", "."} else f"{folder}/", whole=False, rooted=inside[0].rooted)


def above(place: Destination | None) -> Destination | None:
    """The folder it lies in. That of a path of which only the beginning is known lies somewhere below its folder."""
    if place is None or place.is_outside:
        return place
    if not place.whole:
        return place
    inside = posixpath.normpath(place.text or ".") != "."
    return replace(place, text=posixpath.dirname(place.text.rstrip("/"))) if inside else OUTSIDE


def beginning(text: str, mark: str) -> Destination | None:
    """What stands before the first gap of a format."""
    head = text.partition(mark)[0]
    return Destination(text=head, whole=False) if head else None
