"""Bundles of real commits, with wheels of a folder."""

import asyncio
import json

import pytest

from ecluse.loop.build.bundle import build
from ecluse.loop.build.remembered import kept_bundle
from ecluse.loop.build.servers import server_requirements
from ecluse.model.app import App, Build, Interface, Process, Server
from ecluse.model.events.releases import BundleBuilt
from ecluse.model.problem import ProblemError
from ecluse.system.commands import SupervisedRunner
from support.packages import offline_toolchain, project, wheel, write
from support.repositories import commit, git, repository
from support.worlds import world

FILES = {"app.py": "print('hello')\n", "requirements.txt": "shop\n", "docs/index.md": "# Docs\n"}


@pytest.fixture(scope="module")
def commands():
    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture
def index(tmp_path):
    wheel(tmp_path / "index", "shop")
    return tmp_path / "index"


@pytest.fixture
def root(tmp_path):
    return repository(tmp_path / "repository", FILES)[1]


@pytest.fixture
def at(root, tmp_path, index, commands):
    home = tmp_path / "home"
    return world(root, home, commands, toolchain=offline_toolchain(home, index, commands))


def app(**build):
    return App(name="shop", processes=(), build=Build(**build))


def built(at, the_app=None, *, dirty=False):
    name = git(at.root, "rev-parse", "HEAD")
    return asyncio.run(build(the_app or app(), at, commit=name, dirty=dirty))


def paths(bundle):
    return [file.path for file in bundle.files]


def test_a_bundle_is_the_tree_and_the_wheels_all_in_the_store(at):
    bundle, (event,) = built(at)
    assert paths(bundle) == ["app.py", "docs/index.md", "requirements.txt"]
    (house,) = bundle.wheelhouses
    assert [one.name for one in house.app] == ["shop-1.0-py3-none-any.whl"]
    for digest in [file.digest for file in bundle.files] + [house.app[0].digest, house.pip.digest]:
        assert at.store.has(digest)
    assert isinstance(event, BundleBuilt)
    assert (event.digest, event.files, event.wheels, event.built_here) == (bundle.digest, 3, 1, ())


def test_the_same_commit_is_found_again_without_a_checkout(at):
    first, _ = built(at)
    work = at.home / "work"
    before = work.stat().st_mtime_ns
    again, events = built(at)
    assert (again, events) == (first, ())
    assert work.stat().st_mtime_ns == before


def test_the_same_commit_gives_the_same_digest_when_nothing_is_remembered(at):
    first, _ = built(at)
    for record in (at.home / "cache" / "bundles").iterdir():
        record.unlink()
    again, events = built(at)
    assert again.digest == first.digest
    assert len(events) == 1


def test_a_bundle_of_which_a_part_is_gone_is_built_anew(at):
    first, _ = built(at)
    part = at.store.path(first.files[0].digest)
    part.chmod(0o644)
    part.unlink()
    again, _ = built(at)
    assert again.digest == first.digest
    assert at.store.has(first.files[0].digest)


def test_a_record_that_was_cut_short_says_nothing(at):
    first, _ = built(at)
    for record in (at.home / "cache" / "bundles").iterdir():
        record.write_text('{"dig')
    assert built(at)[0].digest == first.digest


def test_its_document_lies_in_the_store_under_its_digest(at):
    bundle, _ = built(at)
    assert kept_bundle(bundle.digest, at.store) == bundle
    assert "digest" not in json.loads(at.store.path(bundle.digest).read_bytes())


def test_another_commit_and_other_settings_are_other_bundles(at):
    first, _ = built(at)
    other, _ = built(at, app(exclude=("docs",)))
    assert paths(other) == ["app.py", "requirements.txt"]
    commit(at.root, "fix: greet", {"app.py": "print('good morning')\n"})
    assert len({first.digest, other.digest, built(at)[0].digest}) == 3


def test_links_and_executables_keep_their_kind(at):
    (at.root / "run").write_text("#!/bin/sh\n")
    (at.root / "run").chmod(0o755)
    (at.root / "latest").symlink_to("docs/index.md")
    commit(at.root, "feat: run")
    modes = {file.path: file for file in built(at)[0].files}
    assert (modes["run"].mode, modes["latest"].mode, modes["app.py"].mode) == ("executable", "link", "file")
    assert at.store.path(modes["latest"].digest).read_bytes() == b"docs/index.md"


def test_what_is_not_committed_is_only_in_a_dirty_bundle(at):
    write(at.root, {"app.py": "print('draft')\n", "new.py": ""})
    clean, _ = built(at)
    dirty, _ = built(at, dirty=True)
    assert "new.py" not in paths(clean)
    assert "new.py" in paths(dirty)
    assert (clean.dirty, dirty.dirty) == (False, True)
    write(at.root, {"app.py": "print('second draft')\n"})
    assert built(at, dirty=True)[0].digest != dirty.digest


def test_the_project_built_here_is_said_to_be(at):
    commit(at.root, "feat: package", {**project("pack", requires=["shop"]), "setup.py": "install_requires"})
    bundle, (event,) = built(at)
    assert [one.name for one in bundle.wheelhouses[0].app] == ["pack-1.0-py3-none-any.whl", "shop-1.0-py3-none-any.whl"]
    assert event.built_here == ("pack-1.0-py3-none-any.whl",)


def test_a_build_that_fails_leaves_no_tree_behind(at):
    commit(at.root, "feat: more", {"requirements.txt": "nowhere-to-be-found\n"})
    with pytest.raises(ProblemError) as caught:
        built(at)
    assert caught.value.problems[0].code == "B012"
    assert list((at.home / "work").iterdir()) == []
    assert list((at.home / "tmp").iterdir()) == []


def web(interface, server=Server.AUTO):
    return App(name="shop", processes=(Process(name="web", app="app:app", interface=interface, server=server),))


@pytest.mark.parametrize(("interface", "server"), [(Interface.WSGI, Server.GUNICORN), (Interface.ASGI, Server.UVICORN)])
def test_the_server_s_requirements_are_pinned_with_hashes(interface, server):
    (text,) = server_requirements(web(interface, server), "3.12")
    assert f"{server}==" in text
    assert "--hash=sha256:" in text


def test_an_app_with_a_server_of_its_own_needs_none():
    assert server_requirements(web(Interface.COMMAND), "3.12") == ()
    assert server_requirements(App(name="job", processes=()), "3.12") == ()


def test_a_python_that_no_server_is_pinned_for_is_a_problem():
    with pytest.raises(ProblemError) as caught:
        server_requirements(web(Interface.WSGI), "3.8")
    assert caught.value.problems[0].code == "B040"
