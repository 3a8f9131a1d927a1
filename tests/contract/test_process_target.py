"""The process target with a real keeper, real sockets and real processes."""

import asyncio
import os
import socket
import subprocess
from dataclasses import replace

import pytest

from ecluse.providers.keeper.identity import start_time
from ecluse.providers.keeper.target import KeeperTarget
from ecluse.testing.target import TargetContract
from support.process_target import HOLDER, place, programs  # noqa: F401 fixtures


class TestProcessTarget(TargetContract):
    @pytest.fixture
    def target(self, place) -> KeeperTarget:  # noqa: F811
        return place.target()

    @pytest.fixture
    def running(self, place):  # noqa: F811
        return place.running

    @pytest.fixture
    def later(self):
        return asyncio.sleep

    @pytest.fixture
    def holder(self):
        return HOLDER

    @pytest.fixture
    def taken(self):
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            yield stranger.getsockname()[1]

    @pytest.fixture
    def gone(self):
        """A process that has ended; its number may be in use again, then with another start time."""
        process = subprocess.Popen(["sleep", "60"])
        assert start_time(process.pid)
        process.kill()
        process.wait()
        return replace(HOLDER, id="h-gone", pid=process.pid)


def test_a_holder_is_known_by_its_start_time():
    assert start_time(os.getpid()) > 0
    assert start_time(2**22 + 1) == 0
