"""The stores of a release: who may only read, who was first, and what somebody else has written there."""

import asyncio
import json
from dataclasses import replace

import pytest

from ecluse.loop.release.adopted import released_bundle
from ecluse.loop.release.names import intent_name
from ecluse.model.problem import ProblemError
from ecluse.ports.cache import UnreachableError
from ecluse.system.artifacts import FolderArtifacts
from support.repositories import commit, git

pytestmark = pytest.mark.once  # slow, and not about Python


class ReadOnlyArtifacts(FolderArtifacts):
    """As a mount, or a role in an object store, that may not write."""

    def claim(self, name, document):
        raise UnreachableError("read-only")

    def put(self, name, document):
        raise UnreachableError("read-only")

    def keep(self, digest, path):
        raise UnreachableError("read-only")


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


@pytest.fixture
def app(machine, store):
    return machine.app(store=str(store))


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def code_of(caught):
    return caught.value.problems[0].code


class TestWhoMayOnlyRead:
    @pytest.fixture
    def reader(self, machine, another, app, store):
        machine.release(app)
        one = another()
        outlets = replace(one.world.outlets, shared=lambda _: ReadOnlyArtifacts(store, mounted=True))
        one.world = replace(one.world, outlets=outlets)
        return one

    def test_sees_what_was_released(self, reader, app):
        assert reader.preview(app)[1].version == "0.1.0"

    def test_ships_what_was_released(self, machine, reader, app):
        bundle = asyncio.run(released_bundle(app, reader.head, reader.world))
        assert bundle.digest == machine.release(app).intent.bundle

    def test_is_told_that_all_of_it_is_out(self, reader, app):
        assert (reader.release(app).is_changed, reader.packer.builds) == (True, 0)
        assert reader.release(app).is_changed is False


def test_a_dry_run_writes_to_no_store(machine, app, store):
    machine.killed_at("push.after", machine.app())
    before = files_of(machine.home / "releases")
    assert machine.preview(app)[1].version == "0.1.0"
    assert (files_of(store), files_of(machine.home / "releases")) == ([], before)


def test_a_version_that_was_given_away_meanwhile_is_not_gone_on_with(machine, another, app):
    """What this machine intended, the shared store didn't hear of."""
    machine.killed_at("record.after", machine.app())
    other = another()
    git(other.root, "checkout", "--quiet", "-b", "side")
    commit(other.root, "feat: something else")
    other.killed_at("record.after", app)
    with pytest.raises(ProblemError) as caught:
        machine.release(app)
    assert code_of(caught) == "R014"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"app": "other"},
        lambda said: said | {"commit": "f" * 40},
        lambda said: said | {"version": 1},
        lambda said: said | {"tag": "--delete"},
        lambda said: said | {"bundle": "sha256:../../x"},
        lambda said: said | {"files": [said["files"][0] | {"name": "../../../home/ada/.ssh/id_ed25519"}]},
        lambda said: said | {"files": [said["files"][0] | {"name": ".."}]},
        lambda said: said | {"files": [said["files"][0] | {"digest": "md5:1"}]},
        lambda said: said | {"files": [7]},
        lambda said: [said],
    ],
)
def test_what_somebody_wrote_into_the_store_is_no_path_and_no_option(machine, app, store, change):
    machine.killed_at("intend.after", app)
    name = intent_name("shop", machine.head)
    path = store / "documents" / name[:2] / name[2:]
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))))
    with pytest.raises(ProblemError) as caught:
        machine.release(app)
    assert code_of(caught) == "R016"


def test_a_document_without_end_is_none(machine, app, store):
    machine.killed_at("intend.after", app)
    name = intent_name("shop", machine.head)
    (store / "documents" / name[:2] / name[2:]).write_text("[" * 100_000)
    with pytest.raises(ProblemError) as caught:
        machine.release(app)
    assert code_of(caught) == "R016"
