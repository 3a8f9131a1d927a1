import re
from dataclasses import replace

import pytest

from ecluse.model.app import Environment
from ecluse.model.host import Address, host_name
from ecluse.model.ids import EnvironmentName


@pytest.mark.parametrize(
    ("text", "name", "user", "port", "called"),
    [
        ("web1", "web1", "", 0, "web1"),
        ("deploy@web1.example.com", "web1.example.com", "deploy", 0, "web1.example.com"),
        ("deploy@10.0.0.5:2222", "10.0.0.5", "deploy", 2222, "10.0.0.5:2222"),
        ("[2001:db8::5]:22", "2001:db8::5", "", 22, "[2001:db8::5]:22"),
        ("a@[::1]", "::1", "a", 0, "[::1]"),
    ],
)
def test_an_address_in_parts(text, name, user, port, called):
    address = Address.of(text)
    assert (address.name, address.user, address.port, str(address)) == (name, user, port, called)
    assert host_name(text) == called


@pytest.mark.parametrize("text", ["a@", "@web", "web:port", "a@b@c"])
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        Address.of(text)


def test_a_folder_is_called_by_its_path():
    assert host_name("keeper:./hosts/a") == host_name("keeper:hosts/a") == "hosts/a"


REMOTE = Environment(name=EnvironmentName("live"), hosts=("deploy@web1:22", "web2"), address="0.0.0.0", port=80)


def test_what_listens_everywhere_is_told_by_the_name_of_its_host():
    assert REMOTE.opened_at == "http://web1:80"
    assert REMOTE.seen_at("web2", "http://127.0.0.1:80") == "http://web2:80"
    assert REMOTE.seen_at("web1:22", "") == ""


def test_what_listens_at_one_address_is_told_by_that():
    loopback = replace(REMOTE, address="127.0.0.1")
    assert loopback.seen_at("web2", "http://127.0.0.1:80") == "http://127.0.0.1:80"
    here = Environment(name=EnvironmentName("local"), address="0.0.0.0", port=80)
    assert here.opened_at == here.seen_at("this machine", "http://127.0.0.1:80") == "http://127.0.0.1:80"
    assert replace(REMOTE, url="https://shop.example").opened_at == "https://shop.example"
