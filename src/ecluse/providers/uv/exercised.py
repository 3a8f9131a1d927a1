"""Which Pythons a repository is run with by its own account: CI, tox, an image, classifiers. Pure.

None of it rules a Python out, as a requirement does; it says which one is known to work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Read = Callable[[str], str | None]
Minor = tuple[int, int]

CI_FILES = (
    ".travis.yml",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    ".circleci/config.yml",
    "appveyor.yml",
    "noxfile.py",
)
CI_FOLDERS = (".github/workflows", ".forgejo/workflows", ".gitea/workflows")

_SETTING = re.compile(r"(?im)python[\w-]*[\"']?\s*[:=]\s*([^\n]*(?:\n\s*-\s*[\"']?[\w.-]*3\.\d+.*)*)")
"""`python-version: ["3.9", "3.10"]`, a list below it, `python: 3.9`, `image: python:3.9`, `python=["3.9"]`."""


_ENVIRONMENTS = re.compile(r"(?m)^env_?list\s*=\s*(\[[^\]]*\]|.*(?:\n[ \t]+.*)*)")


def exercised(read: Read, workflows: Sequence[str] = ()) -> frozenset[Minor]:
    """The minor versions of the first that names any. `workflows` are the files of CI_FOLDERS."""
    return _image(read) or _ci(read, workflows) or _tox(read) or _classified(read)


def _image(read: Read) -> frozenset[Minor]:
    return _minors(" ".join(re.findall(r"(?im)^FROM\s+(?:\S*/)?python:(3\.\d+)", read("Dockerfile") or "")))


def _ci(read: Read, workflows: Sequence[str]) -> frozenset[Minor]:
    texts = filter(None, (read(name) for name in (*sorted(workflows), *CI_FILES)))
    return frozenset(minor for text in texts for found in _SETTING.findall(text) for minor in _minors(found))


def _tox(read: Read) -> frozenset[Minor]:
    """`py38, py310`, `py{38,39}`, `py3.11`, `3.12`: in a file of its own, or in one that it shares."""
    texts = (read("tox.ini"), *filter(None, (asks_tox(read(name)) for name in ("setup.cfg", "pyproject.toml"))))
    listed = " ".join(found for text in texts for found in _ENVIRONMENTS.findall(text or ""))
    names = re.sub(r"py\{([^}]*)\}", lambda found: found[1].replace("3", " py3", 1).replace(",3", " py3"), listed)
    return frozenset((3, int(minor)) for minor in re.findall(r"\bpy3\.?(\d{1,2})", names)) | _minors(
        re.sub(r"[\w-]\{[^}]*\}", "", names)  # `django{3.2,4.2}` are versions of something else
    )


def asks_tox(text: str | None) -> str:
    """A file that others use too, if tox is one of those."""
    return text if text and re.search(r"(?m)^\[tox:tox\]|^\[tool\.tox\]", text) else ""


def _classified(read: Read) -> frozenset[Minor]:
    texts = " ".join(filter(None, (read(name) for name in ("pyproject.toml", "setup.py", "setup.cfg"))))
    return _minors(" ".join(re.findall(r"Programming Language :: Python :: (3\.\d+)", texts)))


def _minors(text: str) -> frozenset[Minor]:
    return frozenset((3, int(minor)) for minor in re.findall(r"\b3\.(\d{1,2})\b", text))
