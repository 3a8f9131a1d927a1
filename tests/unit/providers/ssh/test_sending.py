"""Files in pieces, to a real store of a keeper."""

from __future__ import annotations

import hashlib
import os
import zlib

import pytest

from ecluse.keeper.store import Store
from ecluse.model.ids import Digest
from ecluse.model.problem import ProblemError
from ecluse.ports.target import Sent
from ecluse.providers.keeper.problems import problem
from ecluse.providers.ssh.sending import PIECE, send
from ecluse.wire.codes import BAD_ORDER, OrderError

pytestmark = pytest.mark.looped


class Host:
    """Obeys as a keeper does; after `breaks` pieces the link is gone."""

    def __init__(self, folder, *, breaks=-1, older=False):
        self.store, self.breaks, self.older = Store(str(folder)), breaks, older
        self.pieces = []

    async def order(self, name, args, data):
        try:
            return self.obey(name, args, data)
        except OrderError as error:
            raise problem(error) from error

    def obey(self, name, args, data):
        if name == "expect" and not self.older:
            return {"held": self.store.expect(args["sizes"])}
        if name != "put":
            raise OrderError(BAD_ORDER, f"this keeper knows no order {name!r}")
        if len(self.pieces) == self.breaks:
            raise OSError("cut")
        self.pieces.append(args["offset"])
        held = self.store.put(args["digest"], args["offset"], zlib.decompress(data), args["last"])
        return {} if self.older else held._asdict()

    def has(self, file):
        with open(self.store.path(file[0]), "rb") as kept:  # noqa: PTH123
            return kept.read() == file[1].read_bytes()


def written(tmp_path, size):
    path = tmp_path / f"file-{size}"
    path.write_bytes(os.urandom(size))
    return Digest("sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()), path


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
async def test_a_file_arrives_whatever_its_size(tmp_path, size):
    host, file = Host(tmp_path / "store"), written(tmp_path, size)
    await send(dict([file]), host.order)
    assert host.has(file)
    assert host.pieces == [*range(0, size + 1, PIECE)]


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_after_a_break_the_rest_alone_is_sent(tmp_path, after):
    file = written(tmp_path, 3 * PIECE)
    with pytest.raises(OSError, match="cut"):
        await send(dict([file]), Host(tmp_path / "store", breaks=after).order)
    host = Host(tmp_path / "store")
    await send(dict([file]), host.order)
    assert host.pieces == [*range(after * PIECE, 3 * PIECE + 1, PIECE)]
    assert host.has(file)


async def test_what_is_sent_is_counted_as_it_travels(tmp_path):
    host, small = Host(tmp_path / "store"), tmp_path / "small"
    small.write_bytes(b"a" * 10_000)
    digest = Digest("sha256:" + hashlib.sha256(small.read_bytes()).hexdigest())
    files = dict([written(tmp_path, PIECE), (digest, small)])
    first, second = await send(files, host.order), await send({}, host.order)
    assert PIECE < first.size < PIECE + 300
    assert (first.of, second) == (PIECE + 10_000, Sent(size=0, of=0))


async def test_a_wrong_beginning_costs_the_whole_once_more(tmp_path):
    host, file = Host(tmp_path / "store"), written(tmp_path, 2 * PIECE)
    host.store.put(file[0], 0, b"x" * PIECE, last=False)
    await send(dict([file]), host.order)
    assert host.pieces == [PIECE, 2 * PIECE, 0, PIECE, 2 * PIECE]
    assert host.has(file)


async def test_a_file_that_is_not_what_it_is_called_is_refused(tmp_path):
    host, (_, path) = Host(tmp_path / "store"), written(tmp_path, PIECE)
    with pytest.raises(ProblemError) as error:
        await send({Digest("sha256:" + "0" * 64): path}, host.order)
    assert (error.value.problems[0].code, len(host.pieces)) == ("K040", 2)


async def test_what_others_send_meanwhile_is_not_sent_again(tmp_path):
    host, file = Host(tmp_path / "store"), written(tmp_path, 4 * PIECE)
    other = Host(tmp_path / "store")

    async def order(name, args, data):
        if host.pieces == [0]:
            await send(dict([file]), other.order)
        return await host.order(name, args, data)

    await send(dict([file]), order)
    assert host.pieces == [0, PIECE]
    assert host.has(file)


async def test_a_host_that_keeps_nothing_is_given_up(tmp_path):
    file = written(tmp_path, 2 * PIECE)

    async def order(name, args, data):
        return {"held": {}} if name == "expect" else {"size": 0, "whole": False}

    with pytest.raises(ProblemError, match="doesn't stay"):
        await send(dict([file]), order)


async def test_an_older_keeper_gets_the_whole(tmp_path):
    host, file = Host(tmp_path / "store", older=True), written(tmp_path, PIECE)
    await send(dict([file]), host.order)
    assert host.has(file)
