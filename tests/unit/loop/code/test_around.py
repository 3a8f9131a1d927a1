"""An app in a folder of a repository: what lies around it is there when it is needed."""

import asyncio
import os

import pytest

from ecluse.loop.code.checkout import check_out
from ecluse.model.app import Build
from ecluse.providers.git.source import GitSource
from support.repositories import repository

CORE = {"packages/core/core.py": "", "packages/web/app.py": ""}


@pytest.fixture
def checked_out(tmp_path, commands):
    def checked_out(files, folder="packages/web", *, dirty=False):
        root = repository(tmp_path / "all", {**CORE, **files})[1]
        source = GitSource(root / folder, commands, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})

        async def work():
            return await check_out(source, await source.resolve("HEAD"), tmp_path / "commit", dirty=dirty)

        return asyncio.run(work())

    return checked_out


PROJECT = {"packages/web/pyproject.toml": "[project]\nname = 'web'\n"}


@pytest.mark.parametrize("dirty", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        {"packages/web/requirements.txt": "-e ../core\n"},
        {"packages/web/pyproject.toml": "[tool.uv.sources]\ncore = {path = '../core'}\n"},
        {**PROJECT, "uv.lock": "", "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n"},
    ],
)
def test_what_is_needed_of_other_folders_comes_with_it(checked_out, files, dirty):
    checkout = checked_out(files, dirty=dirty)
    tree, build = checkout.sources(Build(project="part"))
    assert (tree / "packages/core/core.py").exists()
    assert build.project == "packages/web/part"
    assert "app.py" in checkout.files
    assert not any("core" in path for path in checkout.files)


@pytest.mark.parametrize(
    "files",
    [{}, PROJECT, {**PROJECT, "packages/web/uv.lock": "", "uv.lock": ""}, {"uv.lock": ""}],
)
def test_where_nothing_else_is_needed_nothing_else_comes(checked_out, files):
    checkout = checked_out(files)
    assert (checkout.around, checkout.sources(Build())) == (None, (checkout.folder, Build()))


def test_the_whole_repository_has_nothing_around_it(checked_out):
    assert checked_out({"requirements.txt": "-e ../elsewhere\n"}, ".").around is None
