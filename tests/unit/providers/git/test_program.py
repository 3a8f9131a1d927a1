"""What git says, as it is told to people."""

import asyncio
import os
import socket
from datetime import timedelta

import pytest

from ecluse.providers.git.program import Git, Said


@pytest.fixture
def git(tmp_path, commands):
    return Git(tmp_path, commands, {"PATH": os.environ["PATH"]})


@pytest.mark.once
def test_a_server_that_is_silent_is_left_and_that_is_said(git):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"git://127.0.0.1:{server.getsockname()[1]}/shop.git"
        said = asyncio.run(git.within(timedelta(seconds=1)).ask("ls-remote", address))
    assert not said.ok
    assert said.told == ("no answer within 1 s",)


@pytest.mark.parametrize("user", ["ghp_token", "ada:open%20sesame", "x:a@b", ""])
def test_no_address_has_a_user(git, user):
    at = f"{user}@" if user else ""
    said = asyncio.run(git.ask(f"https://{at}forge.example.org/shop.git"))
    assert "https://forge.example.org/shop.git" in said.errors


def test_the_first_words_are_told():
    said = Said(exit_code=1, out=b"", errors="why\n\nmore\n" + "advice\n" * 9)
    assert said.told == ("why", "more", *("advice",) * 4)
