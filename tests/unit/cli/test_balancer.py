"""`ecluse balancer` as far as no balancer has to run."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.balancer import command

MANIFEST = """
app.name = "shop"
[processes.web]
command = "serve"
listen = "port"
[processes.web.health]
path = "/up"
[environments.local]
[environments.production]
hosts = ["deploy@web1", "deploy@web2"]
[environments.production.balancer]
kind = "{kind}"
{more}
"""


@pytest.fixture
def balancer(tmp_path):
    def balancer(*words, kind="haproxy", more=""):
        (tmp_path / "ecluse.toml").write_text(MANIFEST.format(kind=kind, more=more))
        return CliRunner().invoke(command, [*words, "-C", str(tmp_path)])

    return balancer


def test_the_one_environment_that_has_one_is_meant(balancer):
    done = balancer("render")
    assert done.exit_code == 0, done.output
    assert "backend shop-production" in done.stdout
    assert "server web2 web2:8000" in done.stdout


def test_the_servers_alone(balancer):
    done = balancer("render", "production", "--servers", kind="nginx")
    assert [line for line in done.stdout.splitlines() if line.startswith("server")] == [
        "server web1:8000 max_fails=1 fail_timeout=2s;  # web1",
        "server web2:8000 max_fails=1 fail_timeout=2s;  # web2",
    ]


def test_it_is_one_document(balancer):
    found = json.loads(balancer("render", "--json").stdout)
    assert found["environment"] == "production"
    assert found["text"].startswith("# shop, production")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["drain"], 2), (["drain", "web1", "production", "more"], 2), (["status", "--servers"], 2),
        (["drain", "web3", "--json"], 2), (["status", "local", "--json"], 2),
    ],
)  # fmt: skip
def test_what_is_typed_wrong(balancer, words, code):
    assert balancer(*words).exit_code == code


def test_a_socket_that_is_not_there_is_told(balancer, tmp_path):
    done = balancer("drain", "web1", "--json", more=f'socket = "{tmp_path}/none.sock"')
    (problem,) = json.loads(done.stdout)["problems"]
    assert (done.exit_code, problem["code"]) == (5, "H020")
    assert "none.sock: No such file or directory" in problem["what"]
    done = balancer("status", "--json", more=f'socket = "{tmp_path}/none.sock"')
    assert done.exit_code == 5
    assert json.loads(done.stdout)["lost"][0]["problem"]["code"] == "H020"
