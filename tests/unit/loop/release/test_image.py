"""A bundle in a registry: what is pushed, in which order, and once."""

import asyncio
import hashlib
import io
import json
import tarfile
from dataclasses import replace

import pytest

from ecluse.loop.release.image import MANIFEST, TITLE
from ecluse.model.problem import ProblemError
from ecluse.model.publishing import ImagePlace
from support.repositories import commit, git

pytestmark = pytest.mark.once  # slow, and not about Python

PLACE = ImagePlace(address="https://registry.example.org/team/shop")


class MemoryRegistry:
    """Fills ports.registry.Registry."""

    def __init__(self):
        self.blobs, self.tags, self.calls = {}, {}, []

    async def manifest(self, tag):
        return f"sha256:{hashlib.sha256(self.tags[tag]).hexdigest()}" if tag in self.tags else None

    async def holds(self, digest):
        return digest in self.blobs

    async def push_blob(self, digest, file):
        self.calls.append(digest)
        self.blobs[digest] = file.read_bytes()

    async def push_manifest(self, tag, document, kind):
        assert kind == MANIFEST
        named = json.loads(document)
        assert {named["config"]["digest"], *(layer["digest"] for layer in named["layers"])} <= set(self.blobs)
        self.calls.append(tag)
        self.tags[tag] = document


@pytest.fixture
def registry(machine):
    made = MemoryRegistry()
    outlets = replace(machine.world.outlets, registry=lambda _: made)
    machine.world = replace(machine.world, outlets=outlets)
    return made


@pytest.fixture
def app(machine):
    return machine.app(image=PLACE, forge=None, index=None)


def layers(registry, version="0.1.0"):
    document = json.loads(registry.tags[version])
    return {layer["annotations"][TITLE]: registry.blobs[layer["digest"]] for layer in document["layers"]}


def test_all_blobs_are_there_before_the_version_names_them(machine, registry, app):
    done = machine.release(app)
    digest = hashlib.sha256(registry.tags["0.1.0"]).hexdigest()
    assert done.image == f"registry.example.org/team/shop@sha256:{digest}"
    assert registry.calls[-1] == "0.1.0"
    found = layers(registry)
    assert set(found) == {"bundle.json", "source.tar", "pip.whl", "shop-0.1.0.cdx.json"}
    assert f"sha256:{hashlib.sha256(found['bundle.json']).hexdigest()}" == done.intent.bundle


def test_its_source_is_the_commit_with_links_and_rights(machine, registry, app):
    (machine.root / "run").write_text("#!/bin/sh\n")
    (machine.root / "run").chmod(0o755)
    (machine.root / "link").symlink_to("run")
    commit(machine.root, "feat: more")
    git(machine.root, "push", "--quiet", "origin", "main")
    machine.release(app)
    with tarfile.open(fileobj=io.BytesIO(layers(registry)["source.tar"])) as archive:
        members = {member.name: (member.mode, member.linkname, member.mtime) for member in archive}
    assert members == {"app.py": (0o644, "", 0), "run": (0o755, "", 0), "link": (0o777, "run", 0)}


def test_a_second_time_nothing_is_sent(machine, registry, app):
    machine.release(app)
    calls = list(registry.calls)
    assert machine.release(app).image
    assert registry.calls == calls


@pytest.mark.parametrize("point", ["image.before", "image.after"])
def test_killed_there_it_goes_on(machine, registry, app, point):
    machine.killed_at(point, app)
    assert machine.release(app).image
    assert registry.calls.count("0.1.0") == 1


def test_another_image_of_that_version_is_never_overwritten(machine, registry, app):
    registry.tags["0.1.0"] = b"{}"
    with pytest.raises(ProblemError) as caught:
        machine.release(app)
    assert (caught.value.problems[0].code, registry.tags["0.1.0"]) == ("R029", b"{}")
    assert git(machine.root, "ls-remote", "--tags", "origin") == "", "it was tagged before anybody looked"


def test_what_somebody_faster_has_pushed_is_gone_on_with(machine, another, registry, app, tmp_path):
    """Their bundle may be another one."""
    (tmp_path / "store").mkdir()
    app, other = replace(app, release=replace(app.release, store=str(tmp_path / "store"))), another()
    other.world = replace(other.world, outlets=replace(other.world.outlets, registry=lambda _: registry))
    less = replace(app, build=replace(app.build, exclude=("app.py",)))
    other.faults.at, other.faults.instead = "keep.after", lambda: machine.release(less)
    assert other.release(app).image == machine.release(less).image


def test_the_same_bundle_is_the_same_manifest(machine, registry, app):
    machine.release(app)
    first = registry.tags.pop("0.1.0")
    registry.calls.clear()
    machine.release(app)
    assert registry.tags["0.1.0"] == first


def test_what_cannot_be_understood_stops_it(machine, app):
    from ecluse.loop.release.names import intent_name

    asyncio.run(asyncio.to_thread(machine.world.outlets.own.put, intent_name("shop", machine.head), b'{"format": 99}'))
    with pytest.raises(ProblemError) as caught:
        machine.preview(app)
    assert caught.value.problems[0].code == "R016"


def test_a_remote_that_is_away_is_a_note_for_a_preview_and_stops_a_release(machine, remote):
    remote.rename(remote.with_name("away.git"))
    assert machine.preview()[0].version == "0.1.0"
    assert any("this counts by what is known here" in text for _, text in machine.world.reporter.told)
    with pytest.raises(ProblemError) as caught:
        machine.release()
    assert caught.value.problems[0].code == "R020"
