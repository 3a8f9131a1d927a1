"""A comment in the Atlassian Document Format (developer.atlassian.com/cloud/jira/platform/apis/document/structure)."""

from __future__ import annotations

from typing import Any

from ecluse.model.ticket import Said


def document(said: Said) -> dict[str, Any]:
    text, address = said.link
    told = [_paragraph({"type": "text", "text": paragraph}) for paragraph in said.paragraphs]
    if address:
        told.append(_paragraph({"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": address}}]}))
    return {"version": 1, "type": "doc", "content": told}


def _paragraph(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": [content]}
