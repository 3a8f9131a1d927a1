"""What a service is told before it starts."""

import json
import socket
from contextlib import closing

import pytest

from ecluse.keeper.services import rabbitmq
from ecluse.keeper.services.serving import spare_ports
from ecluse.keeper.units import is_free

ADDRESS = {"host": "127.0.0.1", "port": 1, "spare": 2, "user": "app", "password": "sesame", "name": "/"}


@pytest.mark.parametrize(("asks", "password"), [(True, "sesame"), (False, "app")])
def test_a_broker_s_password_is_set_at_each_start(asks, password):
    files = rabbitmq.settle({**ADDRESS, "asks": asks})
    (user,) = json.loads(files["definitions.json"])["users"]
    assert (user["name"], user["password"]) == ("app", password)
    settings = dict(line.split(" = ") for line in files["rabbitmq.conf"].splitlines())
    assert settings["load_definitions"].endswith("/definitions.json")
    assert settings["default_pass"] == password


@pytest.fixture
def spare():
    return spare_ports(1)


def test_spare_ports_that_are_still_free_are_kept(spare):
    assert spare_ports(1, spare) == spare


@pytest.mark.parametrize("which", [0, 1])
def test_spare_ports_of_which_somebody_has_one_are_given_up(spare, which):
    with closing(socket.create_server(("127.0.0.1", spare + which))):
        other = spare_ports(1, spare)
    assert other != spare
    assert is_free(other)
    assert is_free(other + 1)


@pytest.mark.parametrize("which", [0, 1])
def test_spare_ports_are_not_the_one_that_is_served(spare, which):
    other = spare_ports(spare + which, spare)
    assert spare + which not in (other, other + 1)
