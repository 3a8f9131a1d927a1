"""Which program looks at what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ecluse.model.security import Scanner

TOOLS: Mapping[Scanner, str] = MappingProxyType(
    {
        Scanner.CODE: "bandit",
        Scanner.DEPENDENCIES: "pip-audit",
        Scanner.SECRETS: "detect-secrets",
        Scanner.DOCKERFILE: "hadolint",
        Scanner.WORKFLOWS: "zizmor",
        Scanner.TERRAFORM: "checkov",
        Scanner.KUBERNETES: "checkov",
    }
)
"""Licences are read from the wheels themselves."""

SECRETS_RULES = "4"
"""Of the way in which secrets are looked for; part of the name under which what is known of a blob is kept."""
