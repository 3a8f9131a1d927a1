"""What of the app is to be where."""

from dataclasses import replace

import pytest

from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.app import App, Environment, Process
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.testing.releases import WEB

LOCAL = Environment(name=EnvironmentName("local"), port=8731)
WORKER = Process(name=ProcessName("worker"), command=("work",))


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({}, "http://127.0.0.1:8731"),
        ({"address": "0.0.0.0"}, "http://127.0.0.1:8731"),
        ({"url": "http://localhost:{port}"}, "http://localhost:8731"),
        ({"url": "https://shop.example.com", "address": "192.168.1.10"}, "https://shop.example.com"),
    ],
)
def test_people_are_told_where_to_open_it(declared, told):
    environment = replace(LOCAL, **declared)
    assert environment.opened_at == told


@pytest.mark.parametrize(
    ("processes", "url"),
    [((WEB, WORKER), "http://127.0.0.1:8731"), ((WORKER,), ""), ((replace(WEB, enabled=False), WORKER), "")],
)
def test_an_app_has_an_address_when_a_process_of_it_listens(processes, url):
    app = App(name="mailer", processes=processes, environments=(LOCAL,))
    assert Wanted(app=app, environment=LOCAL).url == url
