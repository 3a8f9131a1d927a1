from importlib import import_module
from inspect import getmembers, isclass

from ecluse.model.events.event import Event
from ecluse.model.events.reading import KINDS, from_json, kind_of, named


def test_every_event_can_be_read_by_its_name():
    modules = [import_module(f"ecluse.model.events.{subject}") for subject in sorted(set(KINDS.values()))]
    declared = {
        name: module.__name__.rpartition(".")[2]
        for module in modules
        for name, one in getmembers(module, isclass)
        if issubclass(one, Event) and one.__module__ == module.__name__
    }
    assert declared == dict(KINDS)


def test_an_event_knows_its_kind():
    assert all(kind_of(name).__name__ == name for name in KINDS)


def test_one_of_a_newer_version_is_carried():
    event = from_json("Teleported", {"environment": "local", "far": [1]})
    assert named(event) == ("Teleported", {"environment": "local", "far": [1]})
    assert event.environment == "local"
