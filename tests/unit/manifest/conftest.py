from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ecluse.manifest.read import read
from ecluse.model.app import App
from ecluse.model.problem import ProblemError

PLAIN = """\
manifest = 1

[app]
name = "shop"

[processes.web]
app = "shop.wsgi:application"
interface = "wsgi"

[processes.web.health]
path = "/health"
"""

Reading = Callable[..., App]
Wrong = Callable[..., list[str]]


@pytest.fixture
def plain() -> str:
    return PLAIN


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Read a manifest given as text."""

    def read_text(text: str, env: Mapping[str, str] | None = None) -> App:
        (tmp_path / "ecluse.toml").write_text(text)
        return read(tmp_path, env or {})

    return read_text


@pytest.fixture
def wrong(reading: Reading) -> Wrong:
    """The Problems of a manifest given as text, as `line:column code`."""

    def problems(text: str, env: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ProblemError) as caught:
            reading(text, env)
        assert all(problem.fix and problem.what for problem in caught.value.problems)
        return [
            f"{problem.where.line}:{problem.where.column} {problem.code}"
            for problem in caught.value.problems
            if problem.where
        ]

    return problems
