"""Whether the forge has the pinned commits under their versions."""

import asyncio
from dataclasses import fields

import pytest

from ecluse.loop.ci.pins import pins
from ecluse.loop.ci.verify import verdict_of, verify_pins
from ecluse.model.verdict import Answer
from ecluse.ports.commands import Finished
from ecluse.ports.world import World
from support import repositories


@pytest.fixture
def pin():
    return pins()["checkout"]


def said(pin, *lines):
    return Finished(exit_code=0, output="\n".join(f"{commit}\trefs/tags/{pin.version}{end}" for commit, end in lines))


def test_the_commit_behind_an_annotated_tag_counts(pin):
    assert verdict_of(pin, said(pin, ("0" * 40, ""), (pin.commit, "^{}"))).answer is Answer.PASSED
    assert verdict_of(pin, said(pin, (pin.commit, ""))).answer is Answer.PASSED
    assert verdict_of(pin, said(pin, (pin.commit, ""), ("0" * 40, "^{}"))).answer is Answer.FAILED


def test_no_answer_is_not_checked(pin):
    assert verdict_of(pin, Finished(exit_code=128, output="fatal: no")).answer is Answer.NOT_CHECKED
    assert verdict_of(pin, Finished(exit_code=0)).answer is Answer.NOT_CHECKED


def test_git_is_asked(tmp_path, commands, pin):
    root = repositories.repository(tmp_path / pin.name, {"a": ""})[1]
    repositories.git(root, "tag", "-a", "-m", "x", pin.version)
    there = repositories.git(root, "rev-parse", "HEAD")
    absent = {field.name: None for field in fields(World)}
    world = World(**absent | {"home": tmp_path, "env": {"PATH": "/usr/bin:/bin"}, "commands": commands})
    found = {one.gate: one for one in asyncio.run(verify_pins(world, forge=f"file://{tmp_path}"))}
    assert found[f"{pin.name} {pin.version}"].answer is Answer.FAILED
    assert there in found[f"{pin.name} {pin.version}"].evidence[0]
    assert {one.answer for name, one in found.items() if pin.name not in name} == {Answer.NOT_CHECKED}
