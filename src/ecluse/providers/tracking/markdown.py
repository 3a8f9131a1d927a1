"""Comments as Markdown, with the marker where readers don't see it."""

from __future__ import annotations

import re

from ecluse.model.ticket import Said

_MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def as_markdown(said: Said, hidden: str) -> str:
    """`hidden` has the marker in the place of `{}`, in whatever form the tracker doesn't show."""
    text, address = said.link
    link = f"[{_escaped(text)}](<{address}>)" if address else ""
    visible = [*map(_escaped, said.paragraphs), *([link] if link else [])]
    return "\n\n".join([*visible, hidden.format(said.marker)])


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
