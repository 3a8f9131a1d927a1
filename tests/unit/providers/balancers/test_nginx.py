"""The file of nginx's servers: read, edited, and left as a person made it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.balanced import Balanced
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.providers.nginx.configuration import configuration, idle_time, server_lines
from ecluse.providers.nginx.servers import down, line_of, named, up

BY_HAND = """\
# ours
server 10.0.0.1:8000 weight=3 down;  # web1
  server   10.0.0.2:8000 max_fails=1;   # web2  the big one
server 10.0.0.3:8000;
#server 10.0.0.4:8000;  # web4
server 10.0.0.5:8000 backup; # web5"""
BALANCED = Balanced(
    app="shop",
    environment="live",
    backend="shop-live",
    settings=Balancer(kind=BalancerKind.NGINX),
    addresses={"web1": "10.0.0.1:8000", "web2": "10.0.0.2:8000"},
    health=None,
    keep_alive=timedelta(seconds=5),
)


def test_hosts_are_known_by_the_name_behind_their_line():
    assert {name: line.is_down for name, line in named(BY_HAND).items()} == {"web1": True, "web2": False, "web5": False}


def test_one_line_is_changed_and_nothing_else():
    changed = down(BY_HAND, "web2")
    assert changed == BY_HAND.replace("max_fails=1;", "max_fails=1 down;")
    assert up(changed, "web2") == BY_HAND
    assert up(BY_HAND, "web1") == BY_HAND.replace(" down;", ";")


@pytest.mark.parametrize("name", ["web1", "web3", "web4", "nobody"])
def test_what_is_so_already_or_unknown_is_left(name):
    assert down(BY_HAND, name) == BY_HAND


def test_down_is_seen_wherever_it_stands():
    line = "server 10.0.0.1:80 down max_fails=1 weight=2;  # web1\n"
    assert named(line)["web1"].is_down
    assert (down(line, "web1"), up(line, "web1")) == (line, line.replace(" down", ""))
    assert not named(line.replace("down", "downtown"))["web1"].is_down


def test_what_we_write_we_can_edit():
    line = line_of("web1", "[fd00::1]:8000")
    assert up(down(line, "web1"), "web1") == line
    assert " down;" in down(line, "web1")


def test_the_configuration_includes_the_servers():
    text, lines = configuration(BALANCED), server_lines(BALANCED)
    assert "include /etc/nginx/ecluse/shop-live.servers;" in text
    assert "proxy_pass http://shop-live;" in text
    assert "keepalive_timeout 4s;" in text, "shorter than the app's"
    assert set(named(lines)) == {"web1", "web2"}
    given = replace(BALANCED, settings=Balancer(kind=BalancerKind.NGINX, file="/srv/x", listen="[::]:8080"))
    assert "include /srv/x;" in configuration(given)
    assert "listen [::]:8080;" in configuration(given)


@pytest.mark.parametrize(("app", "proxy"), [(5, 4), (2, 1), (1, 0.5)])
def test_an_idle_connection_is_given_up_before_the_app_does(app, proxy):
    assert idle_time(timedelta(seconds=app)) == timedelta(seconds=proxy)
