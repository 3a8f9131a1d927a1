import re

import pytest

from ecluse.model.host import Address, host_name


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
