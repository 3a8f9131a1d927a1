"""The keeper is killed while the gate asks a release that is slow to become healthy: the deployment goes on."""

import contextlib
import json
import os
import signal
import time

import pytest

from support.shop import APP

pytestmark = [pytest.mark.fault, pytest.mark.network]
SLOW = """
import time
good, born = application, time.monotonic()
def application(environ, start_response):
    if environ["PATH_INFO"] == "/up" and time.monotonic() < born + 5:
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]
    return good(environ, start_response)
"""


def test_the_gate_asks_the_keepers_that_take_over(serving):
    environment = serving.root / ".ecluse" / "environments" / "local"
    serving.write("shop.py", APP.format(version="two") + SLOW)
    serving.commit("feat: sell two, after a while")
    deployer = serving.begin("ship", "--json")
    while not is_asked(environment):
        assert deployer.poll() is None, deployer.stderr.read()
        time.sleep(0.05)
    killed = {kill_keeper(environment)}
    for _ in range(4):
        time.sleep(0.8)
        killed.add(kill_keeper(environment))
    out, said = deployer.communicate(timeout=60)
    assert json.loads(out)["outcome"] == "shipped", said
    assert len(killed) > 1
    assert serving.get()[0] == "shop two"


def is_asked(environment):
    """The new release runs in its slot."""
    green = environment / "slots" / "green.json"
    return green.exists() and '"pid"' in green.read_text()


def kill_keeper(environment):
    pid = json.loads((environment / "keeper.json").read_text())["pid"]
    with contextlib.suppress(ProcessLookupError):  # its successor hasn't written who it is yet
        os.kill(pid, signal.SIGKILL)
    return pid
