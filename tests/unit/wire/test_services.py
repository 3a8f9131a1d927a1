"""The forms of addresses."""

import pytest

from ecluse.wire import services

ADDRESS = {"host": "127.0.0.1", "port": 5, "user": "app", "password": "a/b@c", "name": "/", "folder": "/data"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{host}:{port}", "127.0.0.1:5"),
        ("{password}", "a/b@c"),
        ("amqp://{user}:{password}@{host}:{port}/{name}", "amqp://app:a%2Fb%40c@127.0.0.1:5/%2F"),
        ('{"host": "{host}"} {} {other}', '{"host": "127.0.0.1"} {} {other}'),
        ("host={host} dbname={name}", "host=127.0.0.1 dbname=/"),
    ],
)
def test_a_form_is_filled_in_and_quoted_in_a_url(template, expected):
    assert services.fill(template, ADDRESS) == expected


def test_a_service_without_an_address_gives_no_variable():
    declared = [{"name": "db", "env": {"A": "{host}"}}, {"name": "cache", "env": {"B": "{host}"}}]
    assert services.variables(declared, {"db": ADDRESS}) == {"A": "127.0.0.1"}


def test_passwords_are_known_to_be_hidden():
    assert services.passwords({"a": ADDRESS, "b": {"host": "x"}}) == ["a/b@c"]
    assert services.hands_over("x{password}")
    assert not services.hands_over("x{host}")
