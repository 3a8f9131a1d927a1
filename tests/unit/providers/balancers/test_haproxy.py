"""What HAProxy answers, and what is written for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.app import Health
from ecluse.model.balanced import Balanced
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.providers.haproxy.answers import backends, servers
from ecluse.providers.haproxy.configuration import configuration, quoted, server_lines

STATES = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 app 1 web1 10.0.0.1 2 8 1
3 app 2 web2 10.0.0.2 2 0 1
3 app 3 web3 10.0.0.3 0 0 1
3 app 4 web4 10.0.0.4 2 1 1
3 app 5 web5 10.0.0.5 2 4 1
3 app 6 web6 10.0.0.6 2 32 1
4 other 1 web1 10.0.0.9 2 0 1

"""
STATISTICS = """\
# pxname,svname,qcur,qmax,scur,smax,status,check_status,check_desc,
front,FRONTEND,,,2,3,OPEN,,,
app,web1,1,0,2,1,DRAIN,L7OK,"fine, it says",
app,web2,0,0,0,1,UP,L7OK,,
app,web3,0,0,0,1,DOWN,L4CON,,
app,web4,0,0,0,1,MAINT,,,
app,web5,0,0,0,1,MAINT,,,
app,web6,0,0,0,1,UP 1/3,L7OK,,
app,BACKEND,0,0,2,1,UP,,,
other,web1,0,0,7,1,no check,,,

"""
BALANCED = Balanced(
    app="shop",
    environment="live",
    backend="shop-live",
    settings=Balancer(kind=BalancerKind.HAPROXY),
    addresses={"web1": "10.0.0.1:8000", "hosts/b": "127.0.0.1:8001"},
    health=Health(path="/up?a=b c", host="shop.example", status=(200, 204)),
    keep_alive=timedelta(seconds=5),
)


@pytest.mark.parametrize("said", [STATES + STATISTICS, STATISTICS + STATES, "\n" + STATES + STATISTICS])
def test_servers_are_read_from_both_tables(said):
    found = servers(said, "app")
    drained = [name for name, server in found.items() if server.is_drained]
    assert drained == ["web1", "web4", "web5"], "by anybody; an inherited state isn't ours to take back"
    assert [name for name, server in found.items() if server.is_up] == ["web2", "web6"]
    assert (found["web1"].under_way, found["web1"].says) == (3, "DRAIN, L7OK")
    assert servers(said, "other")["web1"].is_up


@pytest.mark.parametrize("said", ["", "Can't find backend.\n\n", STATES, STATISTICS, "Permission denied\n"])
def test_what_is_no_answer_has_no_servers(said):
    assert servers(said, "app") == {}


def test_which_backends_there_are():
    assert backends(STATES + STATISTICS) == {"app", "other"}
    assert backends("") == set()


def test_every_host_and_the_question_of_the_deploy_are_in_it():
    text = configuration(BALANCED)
    assert "\n    server web1 10.0.0.1:8000\n    server hosts-b 127.0.0.1:8001\n" in text
    assert "http-check send meth GET uri '/up?a=b c' ver HTTP/1.1 hdr Host shop.example\n" in text
    assert "http-check expect status 200,204\n" in text
    assert "stats socket /run/haproxy/admin.sock mode 660 group haproxy level admin\n" in text
    assert "bind 0.0.0.0:80\n" in text
    assert text.endswith(server_lines(BALANCED))


def test_an_app_without_a_health_check_is_only_connected_to():
    text = configuration(replace(BALANCED, health=None))
    assert "httpchk" not in text
    assert "default-server check" in text


@pytest.mark.parametrize(
    ("where", "line"),
    [("127.0.0.1:9999", "stats socket ipv4@127.0.0.1:9999 level admin"), ("lb:99", "stats socket lb:99 level admin")],
)
def test_a_socket_may_be_an_address(where, line):
    text = configuration(replace(BALANCED, settings=Balancer(kind=BalancerKind.HAPROXY, socket=where)))
    assert line in text


@pytest.mark.parametrize(
    ("word", "written"),
    [("/up", "/up"), ("/a b", "'/a b'"), ("/it's", "'/it'\\''s'"), ("/a#b", "'/a#b'"), ('/"', "'/\"'")],
)
def test_words_are_quoted_as_haproxy_reads_them(word, written):
    assert quoted(word) == written
