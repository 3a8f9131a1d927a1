"""Whoever needs an environment to itself can stand in line for it."""

import importlib

import pytest

NEED_IT = ("converge", "deploy", "exec", "promote", "resume", "rollback", "services", "ship", "stop", "undo")


@pytest.mark.parametrize("verb", NEED_IT)
def test_each_verb_that_takes_the_lease_can_wait_for_it(verb):
    command = importlib.import_module(f"ecluse.cli.{verb}").command
    assert "--wait" in {name for parameter in command.params for name in parameter.opts}
